import os

import dump

x = 1
