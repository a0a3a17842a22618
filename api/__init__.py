"""HTTP JSON under /v1: routes that parse, ask and answer; what may happen is decided elsewhere."""
