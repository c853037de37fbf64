"""nbconvert that keeps listening for half a second after a cell: Deno's kernel says that it is idle before its last outputs are out."""

import sys
from queue import Empty

from nbclient.client import NotebookClient
from nbclient.exceptions import CellExecutionComplete
from nbclient.util import ensure_async
from nbconvert.nbconvertapp import main

PATIENCE_SECONDS = 0.5


async def poll_output(self, parent_msg_id, cell, cell_index):
    """As nbclient's own, which returns at the first word of being idle."""
    is_idle = False
    while True:
        try:
            message = await ensure_async(self.kc.iopub_channel.get_msg(timeout=PATIENCE_SECONDS if is_idle else None))
        except Empty:
            return
        if message["parent_header"].get("msg_id") != parent_msg_id:
            continue
        try:
            self.process_message(message, cell, cell_index)
        except CellExecutionComplete:
            is_idle = True


NotebookClient._async_poll_output_msg = poll_output
sys.exit(main())
