"""Targets know when a supervisor added or removed them; the days of those already added are in their events."""

from typing import Any

from django.db import migrations, models


def days_from_events(apps: Any, schema_editor: Any) -> None:
    event, target = apps.get_model("supervision", "Event"), apps.get_model("supervision", "Target")
    for row in event.objects.filter(act="target_added").iterator():
        target.objects.filter(pk=row.data.get("target")).update(added_on=row.at.date())


class Migration(migrations.Migration):
    dependencies = [("supervision", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="target",
            name="added_on",
            field=models.DateField(blank=True, null=True, verbose_name="添加日期"),
        ),
        migrations.AddField(
            model_name="target",
            name="removed_on",
            field=models.DateField(blank=True, null=True, verbose_name="移除日期"),
        ),
        migrations.AlterField(
            model_name="conflict",
            name="state",
            field=models.CharField(
                choices=[("open", "待裁定"), ("decided", "已裁定"), ("over", "已消除")],
                default="open",
                max_length=8,
                verbose_name="状态",
            ),
        ),
        migrations.RunPython(days_from_events, migrations.RunPython.noop),
    ]
