"""Why? Each rule reads the scene and says which cause it supports, how strongly, and by which evidence."""
