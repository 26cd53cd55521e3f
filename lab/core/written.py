"""What people write in files: read strictly, then never changed."""

from pydantic import BaseModel, ConfigDict


class Written(BaseModel):
    """Base of whatever a file states: frozen, and a misspelt key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)
