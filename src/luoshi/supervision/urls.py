"""Where the screens of supervision stand, under /supervision/."""

from __future__ import annotations

from django.urls import path

from luoshi.supervision import views_board, views_desk, views_duty, views_papers

app_name = "supervision"
urlpatterns = [
    path("", views_board.board, name="board"),
    path("mine/", views_board.mine, name="mine"),
    path("duties/", views_board.duties, name="duties"),
    path("duties/ledger.xlsx", views_papers.ledger, name="ledger"),
    path("duties/new/", views_desk.establish, name="establish"),
    path("duties/<int:pk>/", views_duty.duty, name="duty"),
    path("duties/<int:pk>/correct/", views_duty.correct, name="correct"),
    path("duties/<int:pk>/do/<slug:code>/", views_duty.act, name="act"),
    path("duties/<int:pk>/targets/new/", views_duty.add_target, name="add_target"),
    path("evidence/<int:pk>/", views_duty.evidence_file, name="evidence"),
    path("targets/<int:pk>/remove/", views_duty.remove_target, name="remove_target"),
    path("targets/<int:pk>/reading/", views_duty.reading, name="reading"),
    path("targets/<int:pk>/value/", views_duty.target_value, name="target_value"),
    path("readings/<int:pk>/verify/", views_duty.verify_reading, name="verify_reading"),
    path("proposals/", views_desk.proposals, name="proposals"),
    path("proposals/<int:pk>/<slug:what>/", views_desk.decide_proposal, name="decide_proposal"),
    path("conflicts/", views_desk.conflicts, name="conflicts"),
    path("conflicts/<int:pk>/", views_desk.conflict, name="conflict"),
    path("calendar/", views_board.calendar, name="calendar"),
    path("calendar/feed/", views_papers.new_feed, name="new_feed"),
    path("calendar/<str:token>.ics", views_papers.feed, name="feed"),
    path("scoreboard/", views_board.scoreboard, name="scoreboard"),
    path("bulletins/", views_papers.bulletins, name="bulletins"),
    path("bulletins/new/", views_papers.bulletin_new, name="bulletin_new"),
    path("bulletins/<int:pk>/", views_papers.bulletin_file, name="bulletin_file"),
    path("feedback/", views_papers.feedback_files, name="feedback_files"),
    path("feedback/template.xlsx", views_papers.feedback_template, name="feedback_template"),
    path("feedback/<int:pk>/", views_papers.feedback_preview, name="feedback_file"),
    path("public/<int:pk>/", views_papers.public_duty, name="public"),
]
