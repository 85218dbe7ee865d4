"""Working: crawls under leases, done by this machine alone or by workers on many."""
