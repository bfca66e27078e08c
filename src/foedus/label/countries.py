"""Short names of states: ISO 3166-1 alpha-3 code, English, French where it differs (Unicode CLDR; UK and USA as NATO writes)."""

from __future__ import annotations

_TABLE = """
AFG|Afghanistan; AGO|Angola; ALB|Albania|Albanie; AND|Andorra|Andorre; ARE|United Arab Emirates|Émirats arabes unis
ARG|Argentina|Argentine; ARM|Armenia|Arménie; ATG|Antigua and Barbuda|Antigua-et-Barbuda; AUS|Australia|Australie
AUT|Austria|Autriche; AZE|Azerbaijan|Azerbaïdjan; BDI|Burundi; BEL|Belgium|Belgique; BEN|Benin|Bénin
BFA|Burkina Faso; BGD|Bangladesh; BGR|Bulgaria|Bulgarie; BHR|Bahrain|Bahreïn; BHS|Bahamas
BIH|Bosnia and Herzegovina|Bosnie-Herzégovine; BLR|Belarus|Biélorussie; BLZ|Belize; BOL|Bolivia|Bolivie
BRA|Brazil|Brésil; BRB|Barbados|Barbade; BRN|Brunei; BTN|Bhutan|Bhoutan; BWA|Botswana
CAF|Central African Republic|République centrafricaine; CAN|Canada; CHE|Switzerland|Suisse; CHL|Chile|Chili
CHN|China|Chine; CIV|Côte d'Ivoire; CMR|Cameroon|Cameroun; COD|Congo-Kinshasa; COG|Congo-Brazzaville
COL|Colombia|Colombie; COM|Comoros|Comores; CPV|Cape Verde|Cap-Vert; CRI|Costa Rica; CUB|Cuba; CYP|Cyprus|Chypre
CZE|Czechia|Tchéquie; DEU|Germany|Allemagne; DJI|Djibouti; DMA|Dominica|Dominique; DNK|Denmark|Danemark
DOM|Dominican Republic|République dominicaine; DZA|Algeria|Algérie; ECU|Ecuador|Équateur; EGY|Egypt|Égypte
ERI|Eritrea|Érythrée; ESP|Spain|Espagne; EST|Estonia|Estonie; ETH|Ethiopia|Éthiopie; FIN|Finland|Finlande
FJI|Fiji|Fidji; FRA|France; FSM|Micronesia|Micronésie; GAB|Gabon; GBR|UK|Royaume-Uni; GEO|Georgia|Géorgie; GHA|Ghana
GIN|Guinea|Guinée; GMB|Gambia|Gambie; GNB|Guinea-Bissau|Guinée-Bissau; GNQ|Equatorial Guinea|Guinée équatoriale
GRC|Greece|Grèce; GRD|Grenada|Grenade; GTM|Guatemala; GUY|Guyana; HND|Honduras; HRV|Croatia|Croatie; HTI|Haiti|Haïti
HUN|Hungary|Hongrie; IDN|Indonesia|Indonésie; IND|India|Inde; IRL|Ireland|Irlande; IRN|Iran; IRQ|Iraq|Irak
ISL|Iceland|Islande; ISR|Israel|Israël; ITA|Italy|Italie; JAM|Jamaica|Jamaïque; JOR|Jordan|Jordanie; JPN|Japan|Japon
KAZ|Kazakhstan; KEN|Kenya; KGZ|Kyrgyzstan|Kirghizstan; KHM|Cambodia|Cambodge; KIR|Kiribati
KNA|St. Kitts and Nevis|Saint-Christophe-et-Niévès; KOR|South Korea|Corée du Sud; KWT|Kuwait|Koweït; LAO|Laos
LBN|Lebanon|Liban; LBR|Liberia; LBY|Libya|Libye; LCA|St. Lucia|Sainte-Lucie; LIE|Liechtenstein; LKA|Sri Lanka
LSO|Lesotho; LTU|Lithuania|Lituanie; LUX|Luxembourg; LVA|Latvia|Lettonie; MAR|Morocco|Maroc; MCO|Monaco
MDA|Moldova|Moldavie; MDG|Madagascar; MDV|Maldives; MEX|Mexico|Mexique; MHL|Marshall Islands|Îles Marshall
MKD|North Macedonia|Macédoine du Nord; MLI|Mali; MLT|Malta|Malte; MMR|Myanmar; MNE|Montenegro|Monténégro
MNG|Mongolia|Mongolie; MOZ|Mozambique; MRT|Mauritania|Mauritanie; MUS|Mauritius|Maurice; MWI|Malawi
MYS|Malaysia|Malaisie; NAM|Namibia|Namibie; NER|Niger; NGA|Nigeria; NIC|Nicaragua; NLD|Netherlands|Pays-Bas
NOR|Norway|Norvège; NPL|Nepal|Népal; NRU|Nauru; NZL|New Zealand|Nouvelle-Zélande; OMN|Oman; PAK|Pakistan; PAN|Panama
PER|Peru|Pérou; PHL|Philippines; PLW|Palau|Palaos; PNG|Papua New Guinea|Papouasie-Nouvelle-Guinée
POL|Poland|Pologne; PRK|North Korea|Corée du Nord; PRT|Portugal; PRY|Paraguay
PSE|Palestinian Territories|Territoires palestiniens; QAT|Qatar; QUU|European Union|Union européenne
ROU|Romania|Roumanie; RUS|Russia|Russie; RWA|Rwanda; SAU|Saudi Arabia|Arabie saoudite; SDN|Sudan|Soudan
SEN|Senegal|Sénégal; SGP|Singapore|Singapour; SLB|Solomon Islands|Îles Salomon; SLE|Sierra Leone
SLV|El Salvador|Salvador; SMR|San Marino|Saint-Marin; SOM|Somalia|Somalie; SRB|Serbia|Serbie
SSD|South Sudan|Soudan du Sud; STP|São Tomé and Príncipe|Sao Tomé-et-Principe; SUR|Suriname; SVK|Slovakia|Slovaquie
SVN|Slovenia|Slovénie; SWE|Sweden|Suède; SWZ|Eswatini; SYR|Syria|Syrie; TCD|Chad|Tchad; TGO|Togo
THA|Thailand|Thaïlande; TJK|Tajikistan|Tadjikistan; TKM|Turkmenistan|Turkménistan; TLS|Timor-Leste|Timor oriental
TON|Tonga; TTO|Trinidad and Tobago|Trinité-et-Tobago; TUN|Tunisia|Tunisie; TUR|Türkiye|Turquie; TUV|Tuvalu
TWN|Taiwan|Taïwan; TZA|Tanzania|Tanzanie; UGA|Uganda|Ouganda; UKR|Ukraine; URY|Uruguay; USA|USA
UZB|Uzbekistan|Ouzbékistan; VAT|Vatican City|État de la Cité du Vatican
VCT|St. Vincent and Grenadines|Saint-Vincent-et-les Grenadines; VEN|Venezuela; VNM|Vietnam|Viêt Nam; VUT|Vanuatu
WSM|Samoa; XKX|Kosovo; YEM|Yemen|Yémen; ZAF|South Africa|Afrique du Sud; ZMB|Zambia|Zambie; ZWE|Zimbabwe
"""

NAMES: dict[str, tuple[str, str]] = {
    code: (rest[0], rest[-1])
    for code, *rest in (entry.split("|") for line in _TABLE.strip().splitlines() for entry in line.split("; "))
}
