package annals

// Caller is who makes a request, as the edge knows it.
type Caller struct {
	subject    string
	authorized bool
	operator   bool
}

// Development is the subject of every caller where no authorizer says who callers are.
const Development = "dev"

// Anyone is the caller where no authorizer says who callers are: everything is theirs.
var Anyone = Caller{subject: Development}

// NewCaller returns the caller that a checked token names. An operator acts on what belongs to anybody.
func NewCaller(subject string, operator bool) Caller {
	return Caller{subject: subject, authorized: true, operator: operator}
}

// Subject is the caller's id: the subject of the token.
func (c Caller) Subject() string { return c.subject }

// Operates tells whether the caller acts on what belongs to anybody: an operator, or everyone where there is no authorizer.
func (c Caller) Operates() bool { return !c.authorized || c.subject != "" && c.operator }

// Is tells whether the caller is the person with an id. Where there is no authorizer, everyone is.
func (c Caller) Is(id string) bool { return !c.authorized || c.subject != "" && c.subject == id }
