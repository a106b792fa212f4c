"""`python -m patchwire` is `patchwire`."""

import sys

from patchwire.cli.main import main

sys.exit(main())
