package annals

// Caller is who sent a request, as the edge knows it.
type Caller struct {
	subject    string
	authorized bool
	operator   bool
}

// Development is the subject of every caller if there is no authorizer.
const Development = "dev"

// Anyone is the caller if there is no authorizer: everything belongs to it.
var Anyone = Caller{subject: Development}

// NewCaller returns the caller named by a verified token. An operator may act on everyone's data.
func NewCaller(subject string, operator bool) Caller {
	return Caller{subject: subject, authorized: true, operator: operator}
}

// Subject is the caller's id: the subject of the token.
func (c Caller) Subject() string { return c.subject }

// Operates reports whether the caller may act on everyone's data: an operator, or every caller if there is no
// authorizer.
func (c Caller) Operates() bool { return !c.authorized || c.subject != "" && c.operator }

// Is reports whether the caller is the person with an id. If there is no authorizer, every caller is.
func (c Caller) Is(id string) bool { return !c.authorized || c.subject != "" && c.subject == id }
