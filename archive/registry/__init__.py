"""The registry: who must publish, of which division and class, under which names, and by when."""
