"""A purge says what it leaves."""

from __future__ import annotations

from pathlib import Path

from tests.template.template import TEXT

from .conftest import EmptyCity
from .things import everything_of, packages

# A bucket that a later template does without.
MORE = """
  Reports:
    Type: AWS::S3::Bucket
    DeletionPolicy: Retain
    UpdateReplacePolicy: Retain
    Properties:
      BucketName: !Sub ${AWS::StackName}-reports
"""


def test_a_purge_leaves_what_an_update_left_behind_and_names_packages_it_leaves(
    empty_city: EmptyCity, tmp_path: Path
) -> None:
    s3 = empty_city.client("s3")
    s3.create_bucket(Bucket="own-artifacts")
    path = tmp_path / "more.yaml"
    path.write_text(TEXT.replace("\nResources:\n", f"\nResources:\n{MORE}"))
    command = ("deploy", "--stack", "less", "--yes", "--bucket", "own-artifacts")
    made = empty_city.run(*command, "--template", str(path))
    assert made.returncode == 0, made.stderr
    s3.put_object(Bucket="less-reports", Key="old.csv", Body=b"")
    done = empty_city.run(*command, "--allow-replacement")
    assert done.returncode == 0, done.stderr
    assert "Reports" not in empty_city.resources("less")

    purged = empty_city.run("destroy", "--purge", "--stack", "less", "--yes")

    assert purged.returncode == 0, purged.stderr
    assert "less-reports" not in purged.stdout
    said = [line.strip() for line in purged.stderr.splitlines()]
    assert "aws s3 rm --recursive s3://own-artifacts/less/" in said
    assert "aws s3 rb --force s3://NAME" in said
    left = packages(empty_city, "less")
    assert {one.partition("/")[0] for one in left} == {"own-artifacts"}
    rest = everything_of(empty_city, "less")
    assert rest == {"packages": left, "buckets": ["less-reports"]}
