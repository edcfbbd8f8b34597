"""The real server, on a system that lets it open few files."""

import resource

from engine.cli import main

FILES = 200

if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_NOFILE, (FILES, FILES))
    main()
