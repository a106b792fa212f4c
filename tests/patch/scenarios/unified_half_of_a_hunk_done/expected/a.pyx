import os

import dump
import wait

x = 1
