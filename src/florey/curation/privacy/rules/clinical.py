"""What looks like an identifier and is none: eponyms by the word behind them, values with units, scores, codes."""

from __future__ import annotations

import re

_EPONYM_OF = (
    "syndromes?|diseases?|disorders?|signs?|tests?|reflex(?:es)?|phenomen(?:on|a)|lymphomas?|tumou?rs?|carcinomas?|sarcomas?|an(?:a)?emias?"
    "|palsy|palsies|paralysis|score|scores|scale|criteria|criterion|classification|staging|stage|index|manoeuv(?:re|er)s?|maneuvers?"
    "|procedure|operation|method|technique|position|fracture|fractures|dislocation|contracture|deformity|murmur|triad|tetrad|pentad|law|effect"
    "|bod(?:y|ies)|cells?|cyst|duct|gland|loop|node|nodes|fibers?|fibres?|bundle|canal|ligament|fascia|line|lines|ring|rings|ulcer|metaplasia"
    "|esophagus|oesophagus|thyroiditis|contractions?|chorea|ataxia|dementia|encephalopathy|nephropathy|arthropathy|neuropathy|gangrene|hernia"
    "|agglutinin|stain|staining|agar|medium|antigen|virus|bacillus|sarcoma|granulomatosis|vasculitis|purpura|thrombocytopenia|disease|catheter"
    "|forceps|tube|splint|incision|equation|formula|curve|plot|questionnaire|inventory|anomaly|malformation|hypothesis|space|area|point|angle"
    "|nodules?|spots?|papules?|patch|crisis|fever|infection|factor|antibod(?:y|ies)|inclusion|membrane|capsule|nystagmus|gait|breathing"
    "|respirations?|pulse|facies|pupils?|pits|crystals?|granules?|tubules?|crypts?|nucleus|foramen|pouch|muscle|nerve|tract|tendon|sphincter"
    "|valve|shunt|stent|transposition|trial|study|guidelines?|plane|plaques?|fissure|sulcus|lobe|reaction|assay|blot|analysis|model|distribution|postulates?|declaration|laws?|hypotrichosis|virus|theorem|rule|principle|technique|approach|complex|ulcers?"
)
_NAME = r"[A-Z]\w*(?:['’]s?)?"
_NUMBER = r"\d+(?:[.,]\d+)*"
_UNIT = (
    r"(?:[kmµμun]?g|mcg|ng|pg|fL|[mdµμ]?[lL]|[mµμnp]?mol|m?Eq|k?IU|m?U|units?|mm\s?Hg|mmHg|kPa|cm\s?H2O|bpm|beats|breaths|%|°\s?[CF]?|℃|[kcm]?m|Hz|kHz"
    r"|k?cal|J|Gy|mV|mA|ppm|mOsm|cells?|copies|years?|yrs?|months?|weeks?|wks?|days?|hours?|hrs?|h|min(?:utes?)?|sec(?:onds?)?|times?|tablets?"
    r"|岁|年|个?月龄?|周|天|日龄|小时|分钟?|次|片|粒|支|毫克|克|毫升|升|公斤|千克|厘米|毫米|单位)(?![A-Za-z])"
)

KEPT: tuple[re.Pattern[str], ...] = tuple(
    map(
        re.compile,
        (
            rf"(?<!\w){_NAME}(?:(?:[-–—\s]|\s(?:and|of|de|von|van|du|la)\s){_NAME}){{0,3}}\s(?:[a-z]+\s){{0,1}}(?:{_EPONYM_OF})(?![\w-])",
            rf"(?<![\w.]){_NUMBER}(?:\s?(?:[-–~～至/]|to)\s?{_NUMBER})?\s?(?:x\s?10\S{{1,3}}\s?)?/?\s?{_UNIT}(?:\s?/\s?\w+)*",
            r"(?<!\w)(?:BP|blood\s+pressure|血压)\D{0,12}\d{2,3}(?:\.\d)?/\d{2,3}(?:\.\d)?",
            r"(?<!\w)(?:NCT\d{8}|PMID:?\s?\d+|rs\d{3,}|国[卫食]?药[准注证]字\s?[A-Z]\d+)",
        ),
    )
)
