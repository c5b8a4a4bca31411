"""CloudWatch Logs' calls through boto3, in threads, under our own limits, tries and words."""

import asyncio
import json
import threading
from typing import Any

from mcp.server.mcpserver.exceptions import ToolError

from holdfast.tools.errors import Word, no
from holdfast.tools.monitoring.logs.section import CloudWatchLogsSection
from holdfast.tools.outside.answers import Answer, Refused
from holdfast.tools.outside.attempts import Attempts

try:
    import boto3
    from botocore import exceptions as aws
    from botocore.config import Config
except ImportError as e:
    raise ValueError("monitoring.logs: kind cloudwatch_logs needs `pip install holdfast[aws]`") from e

# Codes that come with status 400, and the status that says the same to everybody.
_STATUS = {
    "ThrottlingException": 429,
    "LimitExceededException": 429,  # too many queries at a time
    "AccessDeniedException": 403,
    "UnrecognizedClientException": 401,
    "InvalidSignatureException": 401,
    "ExpiredTokenException": 401,
    "ResourceNotFoundException": 404,
    "ServiceUnavailableException": 503,
}


class AwsLogs:
    """One region's CloudWatch Logs."""

    def __init__(self, name: str, section: CloudWatchLogsSection) -> None:
        self._name, self._section = name, section
        self._attempts = Attempts(name, section.endpoint)
        self._client: Any = None
        self._making = threading.Lock()

    async def call(self, operation: str, **asked: Any) -> dict[str, Any]:
        """Return one operation's answer.

        Raises:
            ToolError: of the closed list.
        """
        return await self._attempts.run(lambda: asyncio.to_thread(self._call, operation, asked))

    async def stop(self, query_id: str) -> None:
        """Stop a query; one that has ended already is as good as stopped."""
        try:
            await self.call("stop_query", queryId=query_id)
        except ToolError:
            return

    def close(self) -> None:
        """Close the connections."""
        if self._client is not None:
            self._client.close()

    def _call(self, operation: str, asked: dict[str, Any]) -> dict[str, Any]:
        try:
            answer: dict[str, Any] = getattr(self._opened(), operation)(**asked)
        except aws.ClientError as e:
            raise Refused(_refusal(e)) from e
        except aws.ParamValidationError as e:
            raise no(Word.BAD_INPUT, f"{self._name}: {str(e)[:300]}") from e
        except (aws.ConnectTimeoutError, aws.ReadTimeoutError) as e:
            raise TimeoutError from e
        except (aws.HTTPClientError, aws.EndpointConnectionError) as e:
            raise OSError(str(e)) from e
        except aws.BotoCoreError as e:
            raise no(
                Word.NOT_CONFIGURED, f"{self._name}: {str(e)[:200]}; see docs/integrations/cloudwatch-logs.md"
            ) from e
        return answer

    def _opened(self) -> Any:
        with self._making:  # a session of boto3 is not made for several threads, its clients are
            if self._client is None:
                section = self._section
                session = boto3.session.Session(profile_name=section.profile or None, region_name=section.region)
                seconds = section.timeout
                config = Config(connect_timeout=seconds, read_timeout=seconds, retries={"total_max_attempts": 1})
                self._client = session.client("logs", endpoint_url=section.endpoint_url or None, config=config)
        return self._client


def _refusal(error: Any) -> Answer:
    said, meta = error.response.get("Error", {}), error.response.get("ResponseMetadata", {})
    code = str(said.get("Code", ""))
    body = json.dumps({"code": code, "message": said.get("Message", "")}, ensure_ascii=False)
    status = _STATUS.get(code, int(meta.get("HTTPStatusCode", 500)))
    return Answer(status=status, headers=dict(meta.get("HTTPHeaders", {})), body=body.encode())
