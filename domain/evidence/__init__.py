"""The evidence about the log itself: signing keys, auditors' samples and findings."""
