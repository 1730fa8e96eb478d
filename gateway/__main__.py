"""``python -m gateway``: the command, where it isn't on the PATH."""

from gateway.cli.app import main

if __name__ == "__main__":
    main()
