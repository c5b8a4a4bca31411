"""One module a family of faults: each rule looks at the state of a cluster and yields the signs it sees."""
