"""The test bed: real servers that tests start for themselves, from programs that `make testbed` fetches or builds."""
