package rule

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
	"golang.org/x/text/unicode/norm"
)

// MaxEmail is the longest e-mail address, in characters as it is written and in bytes as mail is sent to it; MinEmail
// the shortest, MaxLocal the longest local part, in bytes. RFC 5321, 4.5.3.1.
const (
	MinEmail = 3
	MaxEmail = 254
	MaxLocal = 64
)

const (
	// EmailPattern is a regular expression that all e-mail addresses match, in the syntax that Go and ECMAScript share.
	// Some texts match it that are no address: their domain can't be one, or a part is too long.
	EmailPattern = `^` + emailAtom + `(\.` + emailAtom + `)*@` + emailAtom + `(\.` + emailAtom + `)*$`
	// EmailForm is EmailPattern in words.
	EmailForm = "local@domain alone: no name, brackets, comments, quotes or spaces; letters of any script"
	emailAtom = `[^\x00-\x20"(),.:;<>@\[\\\]\x7f-\xa0]+`
)

// EmailAddress is an e-mail address as addresses are compared.
type EmailAddress struct {
	// Local is the part before the '@': NFC, with its ASCII letters in lower case.
	Local string
	// Domain is the ASCII form of the domain, in lower case: xn-- where it has other letters.
	Domain string
}

// String returns local@domain. Two addresses are one exactly if their strings are equal.
func (a EmailAddress) String() string { return a.Local + "@" + a.Domain }

// UnicodeDomain is the domain as people write it.
func (a EmailAddress) UnicodeDomain() string {
	name, _ := idna.Punycode.ToUnicode(a.Domain) // ParseEmail has read it
	return name
}

// domains reads the names of domains as browsers and mail programs do (UTS 46, non-transitional: ß stays ß), and
// refuses what DNS can't have.
var domains = idna.New(
	idna.MapForLookup(), idna.Transitional(false), idna.StrictDomainName(true), idna.VerifyDNSLength(true),
	idna.CheckHyphens(true), idna.CheckJoiners(true), idna.BidiRule(), idna.ValidateLabels(true),
)

// ParseEmail reads an address. It takes the addr-spec of RFC 5322 alone, with a dot-atom before the '@', and the
// letters of RFC 6531 in both parts.
//
// Spellings are one address if they differ in the letter case of the domain, in its form (Unicode or xn--), in the
// Unicode normal form, or in the case of the letters A to Z of the local part. That last rule is this service's: RFC
// 5321 leaves the local part to its host, and no host in use gives Ada@ and ada@ to two people. All other letters
// stay as they are, because their case depends on the language: folded, a Turkish ı and i, or ß and ss, would make
// one address of two people's. An ASCII letter with a combining mark is another letter.
//
// Errors: [Violation] with EmailMalformed. It does not cite the address.
func ParseEmail(address string) (EmailAddress, error) {
	refuse := func(format string, args ...any) (EmailAddress, error) {
		return EmailAddress{}, EmailMalformed.Because(format, args...)
	}
	if !utf8.ValidString(address) {
		return refuse("the e-mail address must be UTF-8")
	}
	if n := utf8.RuneCountInString(address); n < MinEmail || n > MaxEmail {
		return refuse("the e-mail address must have %d to %d characters, it has %d", MinEmail, MaxEmail, n)
	}
	// Of one normal form before anything is mapped: U+0345 is mapped to a letter, whose place among marks depends on the form.
	local, domain, found := strings.Cut(norm.NFC.String(address), "@")
	if !found || !dotAtom(local) {
		return refuse("the e-mail address must be one, such as ada@example.com: %s", EmailForm)
	}
	if len(local) > MaxLocal {
		return refuse("the e-mail address must have at most %d bytes before the @, it has %d", MaxLocal, len(local))
	}
	ascii, err := domains.ToASCII(domain)
	if err != nil || !dotAtom(domain) || !dotAtom(ascii) {
		return refuse("the e-mail address must have the name of a domain after the @, such as example.com")
	}
	a := EmailAddress{Local: foldASCII(local), Domain: ascii}
	if n := len(a.String()); n > MaxEmail {
		return refuse("the e-mail address must have at most %d bytes with its domain in ASCII, it has %d", MaxEmail, n)
	}
	return a, nil
}

// Email refuses what is no e-mail address. Errors: those of [ParseEmail].
func Email(address string) error {
	_, err := ParseEmail(address)
	return err
}

// dotAtom tells whether a text is words of printable characters with single dots between them.
func dotAtom(text string) bool {
	special := func(r rune) bool { return !unicode.IsPrint(r) || strings.ContainsRune(` "(),:;<>@[\]`, r) }
	for word := range strings.SplitSeq(text, ".") {
		if word == "" || strings.ContainsFunc(word, special) {
			return false
		}
	}
	return true
}

// foldASCII puts the letters A to Z into lower case, but for those that a combining mark makes other letters.
func foldASCII(text string) string {
	folded := []byte(text)
	for i, c := range folded {
		next, _ := utf8.DecodeRuneInString(text[i+1:])
		if 'A' <= c && c <= 'Z' && !unicode.IsMark(next) {
			folded[i] = c - 'A' + 'a'
		}
	}
	return string(folded)
}
