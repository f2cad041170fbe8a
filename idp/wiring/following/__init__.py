"""Following the hub: the trust bundle fetched, kept, held in memory by every process, and its consequences."""
