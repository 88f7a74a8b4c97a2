"""Where circuits come from and go to: adapters, the only files that import a vendor's SDK."""
