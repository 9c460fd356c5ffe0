"""How a language model teaches."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class TeacherConfig(BaseModel):
    """The knobs of a language model as teacher."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    samples: int = Field(4, ge=1, description="attempts at each question without the answer (the k of pass@k)")
    temperature: float = Field(0.7, ge=0)
    top_p: float = Field(1.0, gt=0, le=1)
    max_tokens: int = Field(2048, ge=16, description="for one attempt")
    max_words: int = Field(350, ge=10, description="asked for in the prompts")
    told_samples: int = Field(1, ge=0, description="attempts with the answer, where none without it was accepted")
    evidence: bool = Field(True, description="tell what the certificate says together with the answer")
    turns: int = Field(2, ge=0, description="turns of repair for a trace that was refused")
    repair_tokens: int = Field(
        16384, ge=0, description="of one question, as its server counts them: no turn begins once they are spent"
    )
    max_told_share: float = Field(0.3, ge=0, le=1, description="of the traces kept, those that were told the answer")
    per_question: int = Field(1, ge=1, description="traces kept for one question, of different strategies first")
    assumed_pass: float = Field(0.5, ge=0, le=1, description="for the estimate: share of the questions it solves")
    seed: int = 0
