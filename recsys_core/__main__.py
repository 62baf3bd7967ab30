"""`python -m recsys_core ...`."""

from recsys_core.cli.main import main

if __name__ == "__main__":
    main()
