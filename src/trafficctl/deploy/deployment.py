"""Deploying: package, upload, change set, confirmation, execution."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from trafficctl.cost.sized import offered
from trafficctl.deploy import change_set as changeset
from trafficctl.deploy import shard_steps
from trafficctl.deploy.change_set import ChangeSet
from trafficctl.deploy.changes import Change
from trafficctl.deploy.choices import Situation, choose
from trafficctl.deploy.request import DeployRequest, Outcome, Prompter
from trafficctl.errors import UserError
from trafficctl.package.command import HOST, RUNTIMES, build_zip
from trafficctl.stack import parameter_limits, protection, retained
from trafficctl.stack import status as states
from trafficctl.stack import template as texts
from trafficctl.stack.artifacts import Artifacts
from trafficctl.stack.follow import GONE, Follower, complete
from trafficctl.stack.retained_types import KINDS
from trafficctl.stack.stack import Account, Stack
from trafficctl.stack.status import StackStep
from trafficctl.stack.stream import STREAM_OUTPUT, open_shards

ARCHITECTURE = "LambdaArchitecture"
ONLY_DATA = (
    "stack {stack} has imported its data, and nothing else yet: if that data may have "
    "changed in between, `trafficctl deploy --revert-drift --stack {stack}` also "
    "compares it with the template"
)


def deploy(session: Any, request: DeployRequest, prompter: Prompter) -> Outcome:
    """Bring the stack to what the template says.

    UserError for parameters that the template refuses, CityError with the first
    cause if it fails. `done` is False if the person did not agree.
    """
    return _Deployment(session, request, prompter).run()


class _Deployment:
    def __init__(
        self, session: Any, request: DeployRequest, prompter: Prompter
    ) -> None:
        self.request, self.prompter = request, prompter
        self.account = Account(session)
        self.stack = Stack(self.account, request.stack)
        self._artifacts = Artifacts(
            self.account, request.stack, request.bucket, prompter.say
        )
        self.text = texts.read(request.template)
        self.kept: Mapping[str, str] = {}  # parameters that stay as they were
        self.makes_functions = True

    def run(self) -> Outcome:
        parameter_limits.check(self.text, self.request.parameters)
        texts.check_name(self.text, self.request.stack)
        step = self._settle()
        if step is StackStep.UPDATE:
            self.kept = self.stack.parameters()
            self._hint()
            return self._change("UPDATE")
        estate = retained.find(self.stack, self.text)
        if not estate.leftovers:
            return self._change("CREATE")
        if not self._adopt(estate):
            return Outcome(False, [], {})
        outcome = self._change("UPDATE", unknown=estate.deleted_id is None)
        if not outcome.done:
            self.prompter.say(ONLY_DATA.format(stack=self.request.stack))
        return outcome

    def _hint(self) -> None:
        """An import that went no further may have taken anything for granted."""
        self.makes_functions = self.stack.status() == "IMPORT_COMPLETE"
        if self.makes_functions and not self.request.revert_drift:
            self.prompter.say(ONLY_DATA.format(stack=self.request.stack))

    def _settle(self) -> StackStep:
        """End what is under way and clear what failed; CREATE or UPDATE."""
        while True:
            status = self.stack.status()
            step = self.stack.next_step(status)
            if step is StackStep.FOLLOW:
                self.prompter.say(
                    f"stack {self.request.stack} is {status}: following it"
                )
                self._follow()
            elif step is StackStep.CLEAR:
                self._clear(status)
            else:
                return step

    def _clear(self, status: str | None) -> None:
        self.prompter.say(
            f"stack {self.request.stack} is {status}: "
            f"{states.FAILED_CREATION[str(status)]}. It is deleted first"
        )
        stack = self.stack.described() or {}
        stack_id = str(stack["StackId"])
        follower = Follower(self.stack, stack_id, ())
        self._to_the_end(
            follower, lambda: self.stack.api.delete_stack(StackName=self.request.stack)
        )
        for one in retained.of_failed_creations(self.stack, stack_id):
            self.prompter.say(
                f"it leaves {KINDS[one.type].what} {one.physical_id}, which nothing "
                f"uses any more: {one.by_hand()}"
            )

    def _adopt(self, estate: retained.RetainedResources) -> bool:
        """Make the stack out of what an earlier one left; False if not wanted.

        An import changes nothing: it takes the template's word for how things are. So
        it gets the parameters that they were made with, and no new ones, or the update
        that follows would see no difference.
        """
        adoptions = [Change("Import", o.logical_id, o.type) for o in estate.leftovers]
        self.prompter.say(
            f"an earlier stack {self.request.stack} left its data. "
            "The new stack can import it, and use its tables, users, devices and key:"
        )
        self.prompter.show(adoptions)
        if not self.prompter.agree("Import it?"):
            self.prompter.say(
                "nothing was changed. `trafficctl destroy --purge "
                f"--stack {self.request.stack}` deletes that data"
            )
            return False
        text = self.text
        if estate.deleted_id is not None:
            text = self.stack.template(estate.deleted_id)
            self.kept = self.stack.parameters(estate.deleted_id)
        parameter_limits.check(self.text, self.request.parameters, self.kept)
        text = retained.import_template(self.account, text, estate)
        imports = [one.to_import() for one in estate.leftovers]
        change_set = changeset.make(
            self.stack,
            "IMPORT",
            self._uploaded(text),
            _parameters(text, self.kept),
            imports,
        )
        if change_set is not None:
            self._execute(change_set)
        self.kept = self.stack.parameters()
        return True

    def _change(self, kind: str, unknown: bool = False) -> Outcome:
        """Make and execute a change set, if agreed.

        `unknown` resources are compared as they are: no record says how they were
        made.
        """
        parameter_limits.check(self.text, self.request.parameters, self.kept)
        chosen = self._chosen(kind)
        reverts = unknown or (self.request.revert_drift and kind == "UPDATE")
        self._check_shards(chosen, reverts)
        body = self._with_code()
        if reverts:
            self.prompter.say("comparing the template with the resources as they are")
        url = self._uploaded(body)
        change_set = changeset.make(
            self.stack,
            kind,
            url,
            _parameters(body, chosen),
            revert_drift=reverts,
            hidden=texts.secret_properties(body),
        )
        if change_set is None:
            return Outcome(True, [], self.stack.outputs())
        if not self._agreed(change_set):
            changeset.drop(self.stack, change_set)
            return Outcome(False, change_set.changes, {})
        self._execute(change_set)
        if kind == "CREATE" and protection.PROTECT not in self.request.parameters:
            self._protect(url, body, chosen)
        return Outcome(True, change_set.changes, self.stack.outputs(), kind == "CREATE")

    def _check_shards(self, chosen: Mapping[str, str], reverts: bool) -> None:
        """UserError if AWS refuses to change the stream's shards in one update.

        A local stream has no such limit.
        """
        target = shard_steps.wished(self.kept, chosen, reverts)
        if target is None or self.account.is_local:
            return
        stream = self.stack.outputs().get(STREAM_OUTPUT)
        shards = open_shards(self.account, stream) if stream else None
        if shards is not None:
            shard_steps.check(shards, target, offered(self.text))

    def _protect(self, url: str, body: str, created: Mapping[str, str]) -> None:
        """Turn on the protection that the creation left off."""
        chosen = protection.for_update(created, {})
        if chosen == created:
            return
        self.prompter.say("turning on deletion protection of tables and users")
        change_set = changeset.make(
            self.stack, "UPDATE", url, _parameters(body, chosen)
        )
        if change_set is not None:
            self._execute(change_set)

    def _agreed(self, change_set: ChangeSet) -> bool:
        self.prompter.show(change_set.changes)
        lost = [one.logical_id for one in change_set.changes if one.loses_data]
        if lost and not self.request.allow_replacement:
            changeset.drop(self.stack, change_set)
            raise UserError(
                f"this would replace or remove {', '.join(lost)}, and leave behind "
                "what they hold - go back to the former values, or repeat the "
                "command with --allow-replacement"
            )
        try:
            return self.prompter.agree(f"Change stack {self.request.stack}?")
        except BaseException:
            changeset.drop(self.stack, change_set)
            raise

    def _chosen(self, kind: str) -> dict[str, str]:
        """The parameters to send; what differs from those wished for is said."""
        situation = Situation(
            kind == "CREATE",
            self.makes_functions,
            self.account.is_local,
            self.request.today,
        )
        declared = texts.parameters(self.text)
        chosen, notes = choose(declared, self.kept, self.request.parameters, situation)
        for line in notes:
            self.prompter.say(line)
        return chosen

    def _execute(self, change_set: ChangeSet) -> None:
        awaited = [one.logical_id for one in change_set.changes]
        follower = Follower(self.stack, change_set.stack_id, awaited)
        self._to_the_end(follower, lambda: changeset.execute(self.stack, change_set))

    def _follow(self) -> None:
        stack = self.stack.described()
        if stack is not None:
            stack_id = str(stack["StackId"])
            self._to_the_end(Follower(self.stack, stack_id, (), resumed=True))

    def _to_the_end(
        self, follower: Follower, begin: Callable[[], None] = lambda: None
    ) -> None:
        complete(follower, begin, (*states.SUCCEEDED, *GONE), self.prompter.say)

    @cached_property
    def artifacts(self) -> Artifacts:
        """The bucket's part, seen to once a run."""
        self._artifacts.ensure()
        return self._artifacts

    def _uploaded(self, text: str) -> str:
        key = self.artifacts.upload(text.encode(), "template", ".yaml")
        return self.artifacts.url(key)

    def _with_code(self) -> str:
        """The template with the package uploaded and named."""
        with tempfile.TemporaryDirectory() as folder:
            artifacts = self.artifacts  # a bucket that cannot be used spares the build
            code = self.request.code or self._package(Path(folder))
            key = artifacts.upload(code.read_bytes(), "traffic", ".zip")
        return texts.with_code(self.text, self.artifacts.bucket, key)

    def _package(self, folder: Path) -> Path:
        """For every runtime, so that the runtime can change by parameter alone.

        The local city runs Lambda on this machine, so it gets this machine's kind.
        """
        declared = texts.parameters(self.text)
        chosen = {**declared, **self.kept, **self.request.parameters}
        arch = HOST if self.account.is_local else chosen.get(ARCHITECTURE, "arm64")
        out = folder / "traffic.zip"
        return build_zip(out, RUNTIMES, arch, self.request.base_map)


def _parameters(text: str, values: Mapping[str, str]) -> list[dict[str, Any]]:
    """Those values that the template has parameters for; others take the default."""
    return [
        {"ParameterKey": key, "ParameterValue": values[key]}
        for key in texts.parameters(text)
        if key in values
    ]
