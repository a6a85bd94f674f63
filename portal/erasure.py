"""Everything that goes with a withdrawal, in one list; imported by every process that can withdraw.

The rows of all tables go by rule (`portal.intake.withdrawing`), so all tables must be known here, also to the
process that serves sources and knows no other part of the desk.
"""

import portal.casework.models
import portal.intake.draft_models
import portal.linking.models
import portal.registry.models  # noqa: F401 - tables that are not known here would be passed over
from portal.intake import withdrawing
from portal.release.withdrawals import look_again
from portal.store import segments

ALONG = (look_again, segments.forget)

withdrawing.install(ALONG)
