"""Uses the sandbox as Stripe's official Python library uses Stripe, and prints what it read as JSON. Argument: its address."""
import json
import sys

import stripe

stripe.api_key = "sk_test_python"
stripe.api_base = sys.argv[1]
stripe.max_network_retries = 0


def refusal(act):
    try:
        act()
    except stripe.error.StripeError as error:
        return {"type": type(error).__name__, "status": error.http_status, "code": error.code}
    return None


customer = stripe.Customer.create(metadata={"userId": "u1"}, idempotency_key="python-customer")
again = stripe.Customer.create(metadata={"userId": "u1"}, idempotency_key="python-customer")
setup = stripe.SetupIntent.create(customer=customer.id, payment_method="pm_card_visa", confirm=True, usage="off_session")
paid = [
    stripe.PaymentIntent.create(
        amount=4999 + index,
        currency="eur",
        customer=customer.id,
        payment_method=setup.payment_method,
        confirm=True,
        off_session=True,
        metadata={"reference": "python_%d" % index},
    )
    for index in range(3)
]
refund = stripe.Refund.create(payment_intent=paid[0].id, amount=100)
listed = stripe.PaymentIntent.list(customer=customer.id, limit=1)
before = stripe.PaymentIntent.list(customer=customer.id, limit=1, ending_before=paid[0].id)
print(
    json.dumps(
        {
            "same": customer.id == again.id,
            "setup": setup.status,
            "paid": [one.status for one in paid],
            "refund": [refund.status, refund.amount],
            "pages": [one.amount for one in listed.auto_paging_iter()],
            "before": [one.amount for one in before.data],
            "declined": refusal(
                lambda: stripe.PaymentIntent.create(
                    amount=4999, currency="eur", payment_method="pm_card_chargeDeclined", confirm=True
                )
            ),
            "unknown": refusal(lambda: stripe.PaymentIntent.create(amount=4999, currency="eur", colour="red")),
            "missing": refusal(lambda: stripe.PaymentIntent.retrieve("pi_none")),
            "other": refusal(lambda: stripe.Customer.create(name="x", idempotency_key="python-customer")),
        }
    )
)
