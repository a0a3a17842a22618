"""`python -m benchmarks [name …]` runs the named benchmarks, or all of them."""

import signal
import sys
from importlib import import_module
from pkgutil import iter_modules

import benchmarks


def main(wanted: list[str]) -> int:
    known = [
        module.name
        for module in iter_modules(benchmarks.__path__)
        if module.name not in ("__main__", "harness")
    ]
    if unknown := set(wanted) - set(known):
        print(f"no benchmark {', '.join(sorted(unknown))}; there are: {', '.join(known)}")
        return 2
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # the servers are stopped even then
    for name in wanted or known:
        import_module(f"benchmarks.{name}").run()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
