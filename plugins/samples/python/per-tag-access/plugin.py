"""What the gateway finds in the component: one line for each hook."""

from decide import decide
from portcullis_plugin import export_authorization

Authorization = export_authorization(decide)
