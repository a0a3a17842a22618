"""The promises that are measured rather than tested, each beside its floor: `make bench`."""
