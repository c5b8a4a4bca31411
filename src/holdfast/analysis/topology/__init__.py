"""Where trouble sits in the graph of what calls, holds and hosts what: the walk from many alerts to one place."""
