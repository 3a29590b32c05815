"""Makes the roles. It stands in the top app because the table names permissions of every app."""

from django.apps import apps as installed
from django.contrib.auth.management import create_permissions
from django.db import migrations

from kolportal.accounts import roles


def make(_apps, schema_editor):
    # Django makes permissions only after the last migration; the roles need them now.
    for label in ("audit", "mail", "work", "accounts", "people", "units", "events", "pledges"):
        create_permissions(installed.get_app_config(label), verbosity=0, using=schema_editor.connection.alias)
    roles.sync()


class Migration(migrations.Migration):
    dependencies = [
        ("pledges", "0002_frozen"),
        ("events", "0002_frozen"),
        ("units", "0001_initial"),
        ("people", "0002_frozen"),
        ("mail", "0001_initial"),
        ("work", "0001_initial"),
        ("ledger", "0002_frozen"),
        ("accounts", "0001_initial"),
        ("audit", "0002_frozen"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]
    operations = [migrations.RunPython(make, migrations.RunPython.noop, elidable=False)]
