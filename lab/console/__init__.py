"""The console: the process that owns the session; REST and OTLP in, JSON and pages out."""
