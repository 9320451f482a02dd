package rule

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
	"golang.org/x/text/unicode/norm"
)

// MaxEmail is the longest e-mail address, in characters as it is written and in bytes as mail is sent to it. MinEmail
// is the shortest. MaxLocal is the longest local part, in bytes. See RFC 5321, 4.5.3.1.
const (
	MinEmail = 3
	MaxEmail = 254
	MaxLocal = 64
)

const (
	// EmailPattern is a regular expression that all e-mail addresses match, in the common syntax of Go and ECMAScript.
	// Some texts match it that are not addresses: their domain is impossible, or a part is too long.
	EmailPattern = `^` + emailAtom + `(\.` + emailAtom + `)*@` + emailAtom + `(\.` + emailAtom + `)*$`
	// EmailForm is EmailPattern in words.
	EmailForm = "local@domain alone: no name, brackets, comments, quotes or spaces; letters of any script"
	emailAtom = `[^\x00-\x20"(),.:;<>@\[\\\]\x7f-\xa0]+`
)

// EmailAddress is an e-mail address in the form in which addresses are compared.
type EmailAddress struct {
	// Local is the part before the '@', in NFC, with its ASCII letters in lower case.
	Local string
	// Domain is the domain in ASCII and lower case: xn-- if it has other letters.
	Domain string
}

// String returns local@domain. Two addresses are equal if and only if their strings are equal.
func (a EmailAddress) String() string { return a.Local + "@" + a.Domain }

// UnicodeDomain is the domain as people write it.
func (a EmailAddress) UnicodeDomain() string {
	name, _ := idna.Punycode.ToUnicode(a.Domain) // ParseEmail has checked it
	return name
}

// domains parses domain names like browsers and mail programs (UTS 46, non-transitional: ß stays ß), and refuses those
// that DNS can't have.
var domains = idna.New(
	idna.MapForLookup(), idna.Transitional(false), idna.StrictDomainName(true), idna.VerifyDNSLength(true),
	idna.CheckHyphens(true), idna.CheckJoiners(true), idna.BidiRule(), idna.ValidateLabels(true),
)

// ParseEmail parses an address. It accepts only the addr-spec of RFC 5322, with a dot-atom before the '@', and the
// letters of RFC 6531 in both parts.
//
// Spellings are one address if they differ only in the case of the domain, in its form (Unicode or xn--), in the
// Unicode normal form, or in the case of the letters A to Z of the local part. That last rule is this service's own:
// RFC 5321 leaves the local part to its host, and no host in use gives Ada@ and ada@ to two people. All other letters
// stay as they are, because their case depends on the language: folding a Turkish ı to i, or ß to ss, would merge the
// addresses of two people. An ASCII letter with a combining mark is another letter.
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
	// Normalize before anything is mapped: U+0345 is mapped to a letter, whose place among marks depends on the form.
	local, domain, found := strings.Cut(norm.NFC.String(address), "@")
	if !found || !dotAtom(local) {
		return refuse("the e-mail address must have the form of ada@example.com: %s", EmailForm)
	}
	if len(local) > MaxLocal {
		return refuse("the e-mail address must have at most %d bytes before the @, it has %d", MaxLocal, len(local))
	}
	ascii, err := domains.ToASCII(domain)
	if err != nil || !dotAtom(domain) || !dotAtom(ascii) {
		return refuse("the e-mail address must have a domain name after the @, such as example.com")
	}
	a := EmailAddress{Local: foldASCII(local), Domain: ascii}
	if n := len(a.String()); n > MaxEmail {
		return refuse("the e-mail address must have at most %d bytes with its domain in ASCII, it has %d", MaxEmail, n)
	}
	return a, nil
}

// Email refuses a text that is not an e-mail address. Errors: those of [ParseEmail].
func Email(address string) error {
	_, err := ParseEmail(address)
	return err
}

// dotAtom reports whether a text is words of printable characters with single dots between them.
func dotAtom(text string) bool {
	special := func(r rune) bool { return !unicode.IsPrint(r) || strings.ContainsRune(` "(),:;<>@[\]`, r) }
	for word := range strings.SplitSeq(text, ".") {
		if word == "" || strings.ContainsFunc(word, special) {
			return false
		}
	}
	return true
}

// foldASCII changes the letters A to Z to lower case, except those that a combining mark turns into other letters.
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
