"""Where the screens of benefits stand, under /benefits/."""

from __future__ import annotations

from django.urls import path

from luoshi.benefits import (
    views_acts,
    views_audit,
    views_batches,
    views_claims,
    views_mine,
    views_pots,
    views_public,
    views_publication,
    views_recovery,
    views_screening,
    views_settings,
    views_whatif,
)

app_name = "benefits"
urlpatterns = [
    path("", views_public.measures, name="measures"),
    path("check/<str:measure>/", views_public.check, name="check"),
    path("published/", views_public.published, name="published"),
    path("published/<int:pk>/object/", views_acts.object_to, name="object"),
    path("mine/", views_mine.mine, name="mine"),
    path("mine/claims/<int:pk>/", views_mine.claim, name="my_claim"),
    path("mine/findings/<int:pk>/", views_mine.finding, name="my_finding"),
    path("mine/measures/<str:measure>/", views_mine.measure, name="my_measure"),
    path("mine/recoveries/<int:pk>/object/", views_recovery.object_to, name="object_recovery"),
    path("claims/", views_claims.claims, name="claims"),
    path("claims/<int:pk>/", views_claims.claim, name="claim"),
    path("claims/<int:pk>/do/<slug:code>/", views_acts.act, name="act"),
    path("claims/<int:pk>/evidence/", views_audit.package, name="evidence"),
    path("nearly/", views_claims.nearly, name="nearly"),
    path("findings/<int:pk>/", views_claims.finding, name="finding"),
    path("screenings/", views_screening.screenings, name="screenings"),
    path("publication/", views_publication.publication, name="publication"),
    path("publication/list.docx", views_publication.paper, name="publication_paper"),
    path("objections/", views_claims.objections, name="objections"),
    path("objections/<int:pk>/answer/", views_acts.answer, name="answer"),
    path("recoveries/", views_claims.recoveries, name="recoveries"),
    path("recoveries/<int:pk>/", views_recovery.recovery, name="recovery"),
    path("recoveries/<int:pk>/do/<slug:code>/", views_recovery.act, name="recovery_act"),
    path("settings/", views_settings.settings, name="settings"),
    path("settings/stakes/", views_settings.gauge, name="gauge"),
    path("settings/<slug:slug>/<str:key>/", views_settings.setting, name="setting"),
    path("whatif/", views_whatif.whatif_page, name="whatif"),
    path("pots/", views_pots.pots, name="pots"),
    path("pots/set/", views_pots.set_pot, name="set_pot"),
    path("pots/<int:pk>/", views_pots.pot, name="pot"),
    path("batches/", views_batches.batch_list, name="batches"),
    path("batches/<int:pk>/", views_batches.batch, name="batch"),
    path("batches/<int:pk>/do/<slug:code>/", views_batches.batch_act, name="batch_act"),
    path("batches/<int:pk>/file.<slug:kind>", views_batches.batch_file, name="batch_file"),
    path("bank/", views_batches.bank_files, name="bank_files"),
    path("bank/<slug:digest>/", views_batches.bank_file, name="bank_file"),
    path("payments/", views_audit.payments, name="payments"),
    path("payments/<int:pk>/", views_audit.payment, name="payment"),
    path("payments/<int:pk>/overrule/", views_audit.overrule, name="overrule"),
]
