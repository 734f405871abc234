"""What the endpoints of escrows and their sections answer beside what every room does."""

from dataclasses import replace

from domains.escrows.controllers import EscrowController
from domains.escrows.models import PROPERTY, escrows
from domains.escrows.sections import SHOWN_OF_A_CONTACT, SHOWN_OF_A_PROPERTY, SectionService
from domains.escrows.utils import CHECKLISTS, LIST_PEOPLE, ROLES
from domains.shared.answers import Answer, crud
from domains.shared.errors import (
    BusinessRuleError,
    ConflictError,
    ForbiddenError,
    NotFoundError,
    NoUpdatesError,
)
from domains.shared.people import contacts
from domains.shared.refusals import refusals
from domains.shared.shapes import (
    ANYTHING,
    DAY,
    DECIMAL,
    FLAG,
    ID,
    INTEGER,
    MOMENT,
    NUMBER,
    TEXT,
    Part,
    Shape,
    each,
    keyed,
    nothing_or,
    of_column,
    row,
    some,
    whole,
)

_WORD = nothing_or(TEXT)
_WHEN = nothing_or(MOMENT)
_LISTED = Shape(
    "ListedEscrow",
    whole(
        some(escrows, "id")
        | {
            **dict.fromkeys(("displayId", "escrowNumber"), _WORD),
            **dict.fromkeys(("propertyAddress", "property_address"), TEXT),
            **dict.fromkeys(("propertyImage", "property_image", "zillowUrl", "zillow_url"), _WORD),
            **dict.fromkeys(("escrowStatus", "escrow_status"), _WORD),
            **dict.fromkeys(("purchasePrice", "purchase_price", "gross_commission"), nothing_or(DECIMAL)),
            **dict.fromkeys(("myCommission", "my_commission"), DECIMAL),
            "clients": each(ANYTHING),
            **dict.fromkeys(("acceptanceDate", "scheduledCoeDate"), DAY),
            **dict.fromkeys(("daysToClose", "checklistProgress", "checklist_progress"), INTEGER),
            "upcomingDeadlines": INTEGER,
            "lastActivity": MOMENT,
        }
        | some(escrows, "acceptance_date", "closing_date", "created_at", "updated_at", "deleted_at")
        | dict.fromkeys(("people", "checklists", "timeline"), ANYTHING)
        | {key: _WORD for key, _, _ in LIST_PEOPLE}
    ),
)
_DETAILS = Shape(
    "EscrowDetails",
    whole(
        some(escrows, "id")
        | {"escrowNumber": _WORD, "propertyAddress": TEXT, "propertyImage": _WORD, "zillowUrl": _WORD}
        | {"escrowStatus": _WORD, "purchasePrice": NUMBER}
        | dict.fromkeys(("earnestMoneyDeposit", "downPayment", "loanAmount"), ANYTHING)
        | {"myCommission": NUMBER, "scheduledCoeDate": _WHEN}
        | dict.fromkeys(("daysToClose", "checklistProgress", "upcomingDeadlines"), INTEGER)
        | {"lastActivity": _WHEN, "escrowCompany": _WORD}
        | dict.fromkeys(("escrowOfficerName", "escrowOfficerEmail", "escrowOfficerPhone"), _WORD)
        | {"titleCompany": _WORD, "transactionType": TEXT, "leadSource": ANYTHING}
        | dict.fromkeys(("createdAt", "updatedAt", "deletedAt"), _WHEN)
    ),
)
_OF_A_PROPERTY: dict[str, Part] = {
    **{key: of_column(escrows.c[column]) for key, column, _ in PROPERTY},
    "pricePerSqft": nothing_or(INTEGER),
}
_PERSON = Shape(
    "Person", whole({"name": ANYTHING, "phone": ANYTHING, "email": ANYTHING, "company": ANYTHING})
)
_TIMELINE = each(ANYTHING)
_FINANCIALS = Shape(
    "EscrowFinancials",
    whole(
        dict.fromkeys(
            (
                *("purchasePrice", "baseCommission", "grossCommission", "grossCommissionFees"),
                *("grossReferralFee", "grossReferralFeePercentage", "adjustedGross", "netCommission"),
                *("dealExpense", "franchiseFees", "franchiseFeePercentage", "dealNet", "agentGCI"),
                *("splitPercentage", "agentSplit", "agentReferralFee", "agentReferralFeePercentage"),
                *("transactionFee", "tcFee", "agent1099Income", "excessPayment", "agentNet"),
                *("commissionPercentage", "commissionAdjustments", "expenseAdjustments"),
            ),
            ANYTHING,
        )
    ),
)
"""Numbers, where nothing else was stored."""
_ESCROW = Shape(
    "Escrow",
    whole(
        {
            "details": _DETAILS,
            "property-details": Shape("PropertyDetails", whole(_OF_A_PROPERTY)),
            "people": whole(dict.fromkeys(ROLES, nothing_or(_PERSON))),
            "timeline": _TIMELINE,
            "financials": _FINANCIALS,
            "checklists": whole(
                {name: whole(dict.fromkeys(items, ANYTHING)) for name, items in CHECKLISTS.items()}
            ),
            "documents": ANYTHING,
        }
    ),
)
_SECTION = Shape(
    "PropertySection",
    whole(_OF_A_PROPERTY | {"features": ANYTHING, "images": ANYTHING, "purchasePrice": NUMBER}),
)
_CONTACT = Shape("PersonOfContact", whole(some(contacts, *SHOWN_OF_A_CONTACT)))
_NOTE = whole({"id": TEXT, "content": ANYTHING, "type": TEXT, "createdAt": MOMENT, "createdBy": TEXT})
_DISPLAY_ID = whole({"displayId": _WORD})
_MANY = whole(
    {"deleted": INTEGER, "escrows": each(whole(some(escrows, "id", "display_id", "property_address")))}
)
_RULES = refusals(BusinessRuleError)
_ABSENT = refusals(ForbiddenError, NotFoundError)
_UNSAID = _ABSENT | refusals(NoUpdatesError)
_EVERY = crud(
    EscrowController, SectionService, one=_ESCROW, listed=_LISTED, written=Shape("EscrowRow", row(escrows.c))
)
_MOVED = {name: replace(_EVERY[name], data=_DISPLAY_ID) for name in ("archive", "restore", "delete")}

ANSWERS = (
    _EVERY
    | _MOVED
    | {
        "create": replace(
            _EVERY["create"],
            data=whole({**some(escrows, "id"), "displayId": TEXT, "message": TEXT}),
            has_message=False,
            refuses=_EVERY["create"].refuses | _RULES | refusals(ConflictError),
        ),
        "update": replace(_EVERY["update"], has_message=True, refuses=_EVERY["update"].refuses | _RULES),
        "delete_many": replace(_EVERY["delete_many"], data=_MANY, beside={}, has_message=False),
        "check_authentication": Answer(
            whole(
                {"authenticated": FLAG, "user": TEXT, "userId": ID, "role": TEXT}
                | {"teamId": nothing_or(ID), "authMethod": TEXT},
                optional=["teamId", "authMethod"],
            ),
            is_timestamped=True,
        ),
        "check_database": Answer(
            whole({"connected": FLAG, "database": TEXT, "serverTime": MOMENT}), is_timestamped=True
        ),
        "details": Answer(_DETAILS, refuses=_ABSENT),
        "change_details": Answer(_DETAILS, has_message=True, refuses=_UNSAID),
        "property": Answer(_SECTION, refuses=_ABSENT),
        "change_property": Answer(
            whole(some(escrows, *SHOWN_OF_A_PROPERTY)), has_message=True, refuses=_UNSAID
        ),
        "people": Answer(keyed(_CONTACT), refuses=_ABSENT),
        "change_people": Answer(keyed(ANYTHING), refuses=_ABSENT),
        "timeline": Answer(_TIMELINE, refuses=_ABSENT),
        "change_timeline": Answer(_TIMELINE, refuses=_ABSENT),
        "financials": Answer(_FINANCIALS, refuses=_ABSENT),
        "change_financials": Answer(_FINANCIALS, refuses=_ABSENT),
        "checklists": Answer(whole({}), refuses=_ABSENT),
        "checklist": Answer(refuses=_ABSENT),
        "change_loan": Answer(refuses=_ABSENT),
        "change_house": Answer(refuses=_ABSENT),
        "change_admin": Answer(refuses=_ABSENT),
        "change_item": Answer(whole({}), refuses=_ABSENT | refusals((400, "INVALID_ITEM"))),
        "documents": Answer(ANYTHING, refuses=_ABSENT),
        "change_documents": Answer(each(ANYTHING), refuses=_ABSENT),
        "notes": Answer(ANYTHING, refuses=_ABSENT),
        "add_note": Answer(
            whole({"note": _NOTE, "totalNotes": INTEGER}), refuses=_ABSENT | refusals(ConflictError)
        ),
    }
)
"""By the controller's methods."""
