"""Synthetic people for the demo: who leads each body, who is its contact. Marked as such in every row."""

from __future__ import annotations

import random
from datetime import date

from django.db import transaction

from luoshi.directory.models import Body, Holding, Person, Post
from luoshi.kernel.acting import Actor
from luoshi.ledger.actions import append

# The hundred commonest characters of names would do as well; these say on sight that the person is made up.
SURNAMES = "赵钱孙李周吴郑王冯陈卫蒋沈韩杨朱秦许何吕张孔曹严华金魏陶姜"
GIVEN = ["示一", "示二", "示三", "示四", "示五", "示六", "示七", "示八", "示九", "示十"]
POSTS = (("主要负责人", True), ("分管负责人", False), ("联络员", False))
SINCE = date(2024, 1, 1)


def fill(seed: int, people: int) -> int:
    """Posts with holders for every body that is one body. Returns how many people were made; idempotent."""
    with_posts = set(Post.objects.values_list("body_id", flat=True))
    bodies = Body.objects.filter(collective=False).exclude(kind__in=["upper_level_authority", "leading_group"])
    bodies_to_fill = [body for body in bodies.order_by("pk") if body.pk not in with_posts]
    if not bodies_to_fill:
        return 0
    chance = random.Random(seed)  # noqa: S311 the demo must come out the same again
    with transaction.atomic():
        posts = Post.objects.bulk_create(
            Post(body=body, title=title, head=head) for body in bodies_to_fill for title, head in POSTS
        )
        made = Person.objects.bulk_create(
            Person(name=name(chance), phone=phone(chance), body=post.body, synthetic=True) for post in posts
        )
        Holding.objects.bulk_create(
            Holding(person=person, post=post, since=SINCE) for person, post in zip(made, posts, strict=True)
        )
        _stand_ins(posts)
        data = {"people": len(made), "bodies": len(bodies_to_fill), "seed": seed}
        append("directory.demo_filled", by=Actor("演示数据"), subject="demo:directory", data=data)
    return len(made)


def name(chance: random.Random) -> str:
    return chance.choice(SURNAMES) + chance.choice(GIVEN)


def phone(chance: random.Random) -> str:
    """Eleven digits beginning with 100, which no mobile number does."""
    return f"100{chance.randrange(10**8):08d}"


def _stand_ins(posts: list[Post]) -> None:
    """The contact is stood in for by the deputy, the deputy by the head."""
    for head, deputy, contact in zip(posts[::3], posts[1::3], posts[2::3], strict=True):
        deputy.stand_in, contact.stand_in = head, deputy
    Post.objects.bulk_update(posts, ["stand_in"])
