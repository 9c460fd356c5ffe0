"""English words that are also names in ontologies.

Both lists were written for this project from what went wrong on real names, and are matched in the folded form.
Words whose medical sense is their usual one (rash, pain, heart) are in neither.
`STOP_WORDS` are never linked, not even as a preferred name; `COMMON_WORDS` only as a preferred name, never as an alias.
A symbol such as the gene REST is still linked where the context supports it (see `acronyms`).
"""

_STOP = """
a all an and any are as at be been being both but by can could did do does done each either else etc ever few for from
further get gets given gives go had has have having he her here hers him his how i if in into is it its itself just
least less many may me might mine more most much must my neither no none nor not now of off on once one only onset or
other others our out over own per same she should since so some such than that the their them then there these they
this those though through thus to too two three four five six seven eight nine ten under until up upon us use used
very via was we well were what when where whether which while who whom whose why will with within without would yes
yet you your rest impact male female males females man men woman women patient patients person people case cases group
groups age aged year years day days week weeks month months hour hours time times rate type types part parts form
forms mild moderate severe profound acute subacute chronic recurrent frequent occasional rare obligate excluded
variable left right upper lower proximal distal lateral bilateral unilateral central peripheral diffuse localized
generalized focal early late adult adults child children infant infants sporadic progressive stable abnormal normal
positive negative present absent other unknown unspecified trigger triggered aggravated refractory death disease
diseases disorder disorders syndrome syndromes condition conditions symptom symptoms sign signs finding findings
diagnosis treatment therapy drug drugs gene genes protein proteins
"""
_COMMON = """
able about above access account act action active activity add after again against air alert along also always am
among amount answer appear apply april area arm arms army around art ask august aware away back bad balance band bar
bark base basic bat beat because become bed before begin behind below best better between beyond big bird bit black
blank block blow blue board boat body bond book born bottom box boy boys bread break breath brief bright bring brown
brush build bus business buy call calm came camp capital car card care carry cart cast cat cats catch cause caused
causes cell cells center central certain chain chair chance change charge chart check chest chin chip choice city
claim class clay clean clear clip clock close cloud club coal coat code cold collect color colour come common compare
complete concern contact control cook cool copy core corn cost count country course cover create cross crown cup
current cut dare dark data date dead deal dear december deep depth desert detail diet difference different direct disc
dish dog dogs door double down draw dream dress drink drive drop dry dust duty earth ease east easy eat edge effect
effort egg eggs eight empty end enemy energy engine enough enter equal even evening event every example expect
experience explain extra face fact factor fail fair fall falls family far farm fast fat father favor february feel
feet fell felt female field fig fight fill film final find fine finger fire first fish fit fix flag flat flight floor
flow flower fly fold follow food foot force forest forget forward found free fresh friday friend front fruit full
function game gap garden gas gate general girl girls give glass gold good great green grey ground grow growth guard
guide gun hair half hall hand hands happen happy hard hat head health hear heat heavy height help high hill history
hit hold hole home hope horse hospital host hot house human ice idea image important improve inch increase index inner
inside iron island issue item january jaw job join joint july june jump keep kept key kick kind king knee know known
lack lady lake lamp land large last laugh law lay lead leaf learn leave leg legs length lens lesson let letter level
lie life light like limb limit line link lip lips liquid list listen little live load local lock long look lose loss
lost lot loud love low luck machine made main major make manner map march mark market mass master match matter mean
meaning means measure meat medical medicine meet member memory mental met metal mice mid middle mile milk mind minor
minute mirror miss mistake mix model modern modest monday money moon moral morning mother motion mount mouse move
movement music nail nails name narrow nation natural nature near neck need net never new news next nice night noise
north note nothing notice november nurse object ocean october offer office oil old open opinion orange order organ
origin outcome outer outside page paint pair paper parent park pass past patch path pattern pay peace peak pet phase
phone physical picture piece pig pin pink pipe place plain plan plane plant plate play point poor position possible
power practice pre press pressure pretty prevent price print problem process produce progress proof provide public
pull pump pure purple push put quality question quick quiet race rain raise range rapid raw reach read ready real
reason receive record red reduce regular relation release remain remember remove reply report require research respond
response result return rich ride ring rise risk river road rock role roll roof room root rose rough round row rule run
safe salt sample sand sat saturday save scale school science score sea seal search season seat second section see seem
seen self sell send sense september serious serve service set several shade shape share sharp ship shirt shoe shop
short shot shoulder show sick side sight silver simple single sister sit site size sleep slip slow small smell smoke
smooth snow society soft soil solid son song soon sound source south space speak special speech speed spot spread
spring square stage stain stand star start state station status stay step stick still stock stone stop storage store
story straight strange stream street strength stress string strong structure student study style sub subject sugar
summer sun sunday supply support sure surface sweet system table tail take talk tall target taste teach team tear tell
term test thick thin thing think third thought thursday tight tip toe toes tone tool top total touch tower town trace
track trade train travel tree trial trip trouble true trunk trust try tube tuesday turn twin unit value variation
version vertical view voice walk wall want war warm wash waste water wave way weak wear weather wednesday weight west
wet wheel white whole wide wife wild wind window wing winter wire wise wood word words work world worry worth wrist
write wrong yard yellow young zone
"""
STOP_WORDS = frozenset(_STOP.split())
COMMON_WORDS = STOP_WORDS | frozenset(_COMMON.split())
