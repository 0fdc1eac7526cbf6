package richtext

// KnownTLD reports whether a name that ends in the given top-level domain, in
// lower case and without a dot, is taken for a link by [Detect] if it has no
// scheme: if it is the code of a country or territory, or one of some eighty
// others that are common. Most of the thousand others are words, after which a
// sentence may go on, or extensions of files.
//
// https://data.iana.org/TLD/tlds-alpha-by-domain.txt
func KnownTLD(tld string) bool {
	if len(tld) == 2 {
		return isCountry(tld)
	}
	switch tld {
	case "com", "net", "org", "edu", "gov", "mil", "int", "info", "biz", "name", "pro", "mobi", "coop", "aero", "museum", "asia", "tel",
		"app", "dev", "page", "blog", "site", "online", "website", "cloud", "wiki", "xyz", "link", "click", "digital", "software", "systems",
		"shop", "store", "social", "community", "network", "chat", "club", "news", "media", "press", "video", "radio", "photos", "gallery",
		"art", "design", "studio", "games", "tech", "codes", "tools", "academy", "science", "school", "university", "institute", "foundation",
		"company", "agency", "solutions", "services", "events", "berlin", "london", "paris", "tokyo", "wales", "scot", "cymru", "cat":
		return true
	}
	return false
}

// countries are the top-level domains of two letters, one after the other: the
// codes of ISO 3166 that are in the root zone, and some older ones.
//
// https://data.iana.org/TLD/tlds-alpha-by-domain.txt
const countries = "acadaeafagaialamaoaqarasatauawaxazbabbbdbebfbgbhbibjbmbnbobrbsbtbvbwbybzcacc" +
	"cdcfcgchcickclcmcncocrcucvcwcxcyczdedjdkdmdodzeceeegereseteufifjfkfmfofrgagb" +
	"gdgegfggghgiglgmgngpgqgrgsgtgugwgyhkhmhnhrhthuidieiliminioiqirisitjejmjojpke" +
	"kgkhkikmknkpkrkwkykzlalblclilklrlsltlulvlymamcmdmemgmhmkmlmmmnmompmqmrmsmtmu" +
	"mvmwmxmymznancnenfngninlnonpnrnunzompapepfpgphpkplpmpnprpsptpwpyqarerorsrurw" +
	"sasbscsdsesgshsisjskslsmsnsosrssstsusvsxsysztctdtftgthtjtktltmtntotrtttvtwtz" +
	"uaugukusuyuzvavcvevgvivnvuwfwsyeytzazmzw"

func isCountry(tld string) bool {
	for i := 0; i < len(countries); i += 2 {
		if countries[i:i+2] == tld {
			return true
		}
	}
	return false
}
