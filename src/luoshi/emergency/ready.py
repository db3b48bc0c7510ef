"""What the acts on drills, resources and plans are called in the ledger, and where their subjects are shown."""

from __future__ import annotations

from luoshi.ledger import subjects, words

ENTRIES = {
    "emergency.scenario_kept": "保存演练脚本",
    "emergency.drilled": "演练评分",
    "emergency.drill_opened": "开始桌面演练",
    "emergency.drill_refused": "演练中被拒",
    "emergency.asset_added": "登记应急资源",
    "emergency.asset_changed": "修改应急资源",
    "emergency.asset_moved": "应急资源变动",
    "emergency.assets_imported": "导入应急资源",
    "emergency.shift_set": "安排值班",
    "emergency.shift_removed": "删除班次",
    "emergency.roster_imported": "导入值班表",
    "emergency.cost_noted": "记费用",
    "emergency.cost_settled": "定承担方",
    "emergency.review_kept": "后期处置记录",
    "emergency.review_done": "后期处置完成",
    "emergency.lesson": "记教训",
    "emergency.plans_checked": "检查预案",
    "emergency.trigger_raised": "提出修订情形",
    "emergency.trigger_decided": "核实修订情形",
    "emergency.defect_decided": "处理预案缺陷",
    "emergency.linked_plan_filed": "联动方案备案",
    "emergency.shapes_kept": "导入行政区轮廓",
}
SUBJECTS = {
    "scenario": ("演练脚本", "emergency:scenario"),
    "drill": ("演练", "emergency:drill"),
    "asset": ("应急资源", "emergency:asset"),
    "assets": ("应急资源", "emergency:resources_of"),
    "shift": ("班次", ""),
    "roster": ("值班表", ""),
    "plan": ("预案", ""),
    "plans": ("预案", ""),
    "lesson": ("教训", ""),
    "areas": ("行政区", ""),
}


def register() -> None:
    words.register(ENTRIES)
    for sort, (label, url) in SUBJECTS.items():
        subjects.register(sort, label, url)
