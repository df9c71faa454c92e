"""What roots of the process answer beside dossiers: who asks, a key that was issued, a document's bytes."""

from __future__ import annotations

import strawberry

from auth.process.actors import Account
from graph.process.enums import AccountRole, KeyEnvironment

__all__ = ["AttachedContent", "Me", "NewKey"]


@strawberry.type(description="Tài khoản đang hỏi (the account that asks).")
class Me:
    """The account that asks."""

    id: strawberry.ID = strawberry.field(description="Mã tài khoản (id)")
    name: str = strawberry.field(description="Tên (name)")
    roles: list[AccountRole] = strawberry.field(description="Các vai trò (roles)")
    unit: strawberry.ID | None = strawberry.field(description="Đơn vị của cán bộ (an officer's unit)")
    sources: list[str] = strawberry.field(description="Các cơ sở dữ liệu của chủ quản (an owner's databases)")

    @classmethod
    def of(cls, account: Account) -> Me:
        """An account, as it is answered."""
        return cls(
            id=strawberry.ID(account.account_id),
            name=account.name,
            roles=[AccountRole(role.value) for role in sorted(account.roles, key=lambda role: role.value)],
            unit=None if account.client_id is None else strawberry.ID(account.client_id),
            sources=sorted(account.sources),
        )


@strawberry.type(description="Khóa vừa phát; chỉ hiện một lần (a key as it is issued, shown this once).")
class NewKey:
    """A key as it is issued."""

    id: strawberry.ID = strawberry.field(description="Mã khóa (id)")
    environment: KeyEnvironment = strawberry.field(description="Môi trường (environment)")
    authorization: str = strawberry.field(description="Giá trị của tiêu đề Authorization (value of the header)")


@strawberry.type(description="Một tài liệu kèm theo với nội dung (an attached document with its bytes).")
class AttachedContent:
    """An attached document with its bytes."""

    name: str = strawberry.field(description="Tên tệp (name)")
    media_type: str = strawberry.field(description="Kiểu nội dung (media type)")
    sha256: str = strawberry.field(description="SHA-256, hệ mười sáu (in hexadecimal)")
    base64: str = strawberry.field(description="Nội dung, base64 (the bytes)")
