"""Shared storage: sealed WARC files leave the machine that wrote them, for a folder or an S3-compatible service."""
