"""A small service behind the real pages: two contracts, each with its own schema."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn
from graphql import build_schema, graphql_sync
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from service.pages import page_routes

TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736"

_COMMON = '''
"""Số định danh cá nhân: mười hai chữ số."""
scalar PersonalId

"""Ngày đầy đủ `yyyy-mm-dd`, hoặc chỉ năm `yyyy`."""
scalar PartialDate

"""Công dân trong cơ sở dữ liệu dân cư."""
type Citizen {
  """Số định danh cá nhân"""
  personalId: PersonalId
  """Họ, chữ đệm và tên khai sinh"""
  fullName: String
  """Ngày, tháng, năm sinh"""
  dateOfBirth: PartialDate
  %s
}

type Query {
  """Tra cứu một công dân theo số định danh."""
  citizen(personalId: PersonalId!): Citizen
}
'''

_SCHEMAS = {
    "Bearer demo-residence-7f3a": build_schema(
        _COMMON
        % '''"""Nơi thường trú"""
  permanentAddress: Address
}

"""Địa chỉ theo đơn vị hành chính."""
type Address {
  """Tên tỉnh, thành phố"""
  province: String
  """Tên xã, phường"""
  commune: String'''
    ),
    "Bearer demo-hospital-91bc": build_schema(
        _COMMON
        % '''"""Nhóm máu"""
  bloodGroup: String
  """Thẻ bảo hiểm y tế đang có hiệu lực"""
  healthInsuranceCards: [HealthInsuranceCard!]
}

"""Thẻ bảo hiểm y tế."""
type HealthInsuranceCard {
  """Mã thẻ: mười lăm ký tự"""
  code: String
  """Giá trị đến ngày"""
  validTo: PartialDate'''
    ),
    "Bearer demo-stored-64cf": build_schema(_COMMON % ""),
}
_SUSPENDED = "Bearer demo-suspended-02de"
_STORED_ONLY = "Bearer demo-stored-64cf"

_CITIZEN = {
    "personalId": "079199000123",
    "fullName": "Nguyễn Thị Bưởi Ửng",
    "dateOfBirth": "1999-04-30",
    "bloodGroup": "O",
    "permanentAddress": {"province": "Thành phố Hồ Chí Minh", "commune": "Phường Mẫu Đỗ"},
    "healthInsuranceCards": [{"code": "DN4790123456789", "validTo": "2027-12-31"}],
}

_RESIDENCE_QUERY = """query TraCuuCuTru($so: PersonalId!) {
  citizen(personalId: $so) {
    personalId
    fullName
    permanentAddress {
      province
      commune
    }
  }
}
"""
_HOSPITAL_QUERY = """query TiepNhanNguoiBenh($so: PersonalId!) {
  citizen(personalId: $so) {
    fullName
    dateOfBirth
    bloodGroup
    healthInsuranceCards {
      code
      validTo
    }
  }
}
"""
_STORED_QUERY = """query XacNhan($so: PersonalId!) {
  citizen(personalId: $so) {
    fullName
  }
}"""

CLIENTS = [
    {
        "name": "residence",
        "title": "Cổng dịch vụ công",
        "titleEn": "Public service portal",
        "authorization": "Bearer demo-residence-7f3a",
        "contract": "DVC-2026-014 v3",
        "purpose": "XAC_NHAN_CU_TRU",
        "purposes": ["XAC_NHAN_CU_TRU", "KIEM_TRA_THONG_TIN"],
        "description": "Xác nhận thông tin cư trú khi giải quyết thủ tục hành chính.",
        "descriptionEn": "Confirms residence for administrative procedures.",
        "examples": [
            {
                "title": "Nơi thường trú của một công dân",
                "query": _RESIDENCE_QUERY,
                "variables": {"so": "079199000123"},
            },
            {
                "title": "Trường ngoài hợp đồng: như chưa từng có",
                "query": '{\n  citizen(personalId: "079199000123") {\n    bloodGroup\n  }\n}\n',
            },
        ],
    },
    {
        "name": "hospital",
        "title": "Bệnh viện tuyến tỉnh",
        "titleEn": "Provincial hospital",
        "authorization": "Bearer demo-hospital-91bc",
        "contract": "YT-2026-031 v1",
        "purpose": "KHAM_CHUA_BENH",
        "description": "Tiếp nhận người bệnh: nhân thân, nhóm máu, thẻ bảo hiểm y tế.",
        "examples": [
            {
                "title": "Tiếp nhận người bệnh",
                "query": _HOSPITAL_QUERY,
                "variables": {"so": "079199000123"},
            }
        ],
    },
    {
        "name": "suspended",
        "title": "Ngân hàng (hợp đồng tạm dừng)",
        "authorization": _SUSPENDED,
        "contract": "NH-2025-007 v2",
        "purpose": "DINH_DANH_KHACH_HANG",
        "description": "Hợp đồng đang bị tạm dừng: mọi lần gọi bị từ chối.",
    },
    {
        "name": "stored",
        "title": "Nhà mạng (chỉ truy vấn đã lưu)",
        "authorization": _STORED_ONLY,
        "contract": "VT-2026-003 v1",
        "purpose": "XAC_THUC_THUE_BAO",
        "description": "Chỉ chạy truy vấn đã lưu trong hợp đồng.",
        "examples": [{"title": "Xác nhận họ tên", "query": _STORED_QUERY, "variables": {"so": "079199000123"}}],
    },
]


async def _graphql(request: Request) -> JSONResponse:
    authorization = request.headers.get("authorization", "")
    if authorization == _SUSPENDED:
        return _refusal(403, "CONTRACT_SUSPENDED", "the contract is suspended")
    body = await request.json()
    if authorization == _STORED_ONLY and body["query"] != _STORED_QUERY:
        return _refusal(403, "DOCUMENT_NOT_ALLOWED", "not a stored document")
    schema = _SCHEMAS.get(authorization)
    if schema is None:
        return _refusal(401, "UNAUTHENTICATED", "the credential is not valid")
    result = graphql_sync(
        schema,
        body["query"],
        {"citizen": lambda _info, personalId: _CITIZEN if personalId == _CITIZEN["personalId"] else None},  # noqa: N803
        variable_values=body.get("variables"),
        operation_name=body.get("operationName"),
    )
    status = 400 if result.data is None and result.errors else 200
    return JSONResponse(result.formatted, status, headers={"X-Trace-Id": TRACE_ID})


def _refusal(status: int, code: str, message: str) -> JSONResponse:
    error = {"message": message, "extensions": {"code": code}}
    return JSONResponse({"errors": [error]}, status, headers={"X-Trace-Id": TRACE_ID})


@contextmanager
def serve(folder: Path) -> Iterator[str]:
    """Serves pages and endpoint on a free loopback port; gives the base URL, without a final slash."""
    clients = folder / "clients.json"
    clients.write_text(json.dumps(CLIENTS, ensure_ascii=False), encoding="utf-8")
    app = Starlette(routes=[*page_routes(demo_clients=clients), Route("/graphql", _graphql, methods=["POST"])])
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning", ws="none"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        deadline = time.monotonic() + 10
        while not server.started:
            if time.monotonic() > deadline or not thread.is_alive():
                raise RuntimeError("the fake service did not start")
            time.sleep(0.02)
        host, port = server.servers[0].sockets[0].getsockname()[:2]
        yield f"http://{host}:{port}"
    finally:
        server.should_exit = True
        thread.join(timeout=10)
