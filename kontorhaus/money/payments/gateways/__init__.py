"""What the house asks of any payment provider, and one folder for each that can do it."""

from kontorhaus.money.payments.gateways.protocol import Capabilities as Capabilities
from kontorhaus.money.payments.gateways.protocol import Credentials as Credentials
from kontorhaus.money.payments.gateways.protocol import Gateway as Gateway
from kontorhaus.money.payments.gateways.protocol import Gateways as Gateways
from kontorhaus.money.payments.gateways.protocol import ProviderAccount as ProviderAccount
from kontorhaus.money.payments.gateways.protocol import WebhookEndpoint as WebhookEndpoint
