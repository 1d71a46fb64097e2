#!/usr/bin/env python3
import ops


class NothingCharm(ops.CharmBase):
    pass


if __name__ == "__main__":
    ops.main(NothingCharm)
