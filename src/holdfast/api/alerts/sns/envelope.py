"""What SNS posts: a notification or a question about a subscription, each signed over some of its own fields."""

import re
from typing import Literal, Self
from urllib.parse import parse_qs, urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from holdfast.api.alerts.moments import Moment

_NOTIFICATION = ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type")
_QUESTION = ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type")

_HOST = re.compile(r"sns\.([a-z]{2,3}(?:-[a-z]+){1,3}-\d{1,2})\.amazonaws\.com(?:\.cn)?")
_CERTIFICATE = re.compile(r"/SimpleNotificationService-[A-Za-z0-9]{8,128}\.pem")


class Envelope(BaseModel):
    """One message of SNS.

    Source: Amazon's SNS developer guide, "Parsing Amazon SNS message formats".
    """

    model_config = ConfigDict(extra="allow", frozen=True)

    Type: Literal["Notification", "SubscriptionConfirmation", "UnsubscribeConfirmation"]
    MessageId: str = Field(min_length=1, max_length=100)
    TopicArn: str = Field(min_length=1, max_length=400)
    Message: str
    Timestamp: str = Field(max_length=40)
    SignatureVersion: Literal["1", "2"]
    Signature: str = Field(min_length=1, max_length=2000)
    SigningCertURL: str = Field(max_length=400)
    Subject: str | None = None
    Token: str | None = None
    SubscribeURL: str | None = Field(default=None, max_length=2000)

    @field_validator("SigningCertURL")
    @classmethod
    def _certificate(cls, url: str) -> str:
        if not _CERTIFICATE.fullmatch(urlsplit(url).path) or urlsplit(url).query:
            raise ValueError("names no certificate of SNS")
        return url

    @model_validator(mode="after")
    def _own_region(self) -> Self:
        """Both addresses lead to SNS itself, in the topic's own region."""
        for field in ("SigningCertURL", "SubscribeURL"):
            url = getattr(self, field)
            if url is not None and region_of(url) != self.region:
                raise ValueError(f"{field}: not https://sns.{self.region}.amazonaws.com, where the topic is")
        if self.Type == "SubscriptionConfirmation" and not self._asks_for_itself():
            raise ValueError("SubscribeURL: does not confirm this topic")
        return self

    @property
    def region(self) -> str:
        """Return the topic's region, or an empty string."""
        parts = self.TopicArn.split(":")
        return parts[3] if len(parts) == 6 else ""

    def string_to_sign(self) -> bytes:
        """Return what SNS signed: name and value of each field that is there, a line each.

        Source: SNS developer guide, "Verifying the signatures of Amazon SNS messages".
        """
        names = _NOTIFICATION if self.Type == "Notification" else _QUESTION
        pairs = ((n, getattr(self, n)) for n in names)
        return "".join(f"{n}\n{v}\n" for n, v in pairs if v is not None).encode()

    def _asks_for_itself(self) -> bool:
        asked = parse_qs(urlsplit(self.SubscribeURL or "").query)
        return asked.get("Action") == ["ConfirmSubscription"] and asked.get("TopicArn") == [self.TopicArn]


class Dated(BaseModel):
    """The moment in an envelope's `Timestamp`."""

    Timestamp: Moment


def region_of(url: str) -> str:
    """Return the region of an https address of SNS itself, or an empty string for any other address."""
    try:
        parts = urlsplit(url)
        found = _HOST.fullmatch(parts.netloc)
    except ValueError:
        return ""
    return found.group(1) if found and parts.scheme == "https" else ""
