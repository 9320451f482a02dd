package mapping

import (
	"bytes"
	"encoding/json"
)

// newEvent returns the function's event: the unchanged stream records, each with the ARN of the stream.
func (l *lane) newEvent(batch []*entry) []byte {
	arn, _ := json.Marshal(l.Stream) // a string
	var b bytes.Buffer
	b.WriteString(`{"Records":[`)
	for i, e := range batch {
		if i > 0 {
			b.WriteByte(',')
		}
		record := bytes.TrimRight(e.JSON, " \t\r\n")
		b.Write(record[:len(record)-1]) // without its closing brace
		b.WriteString(`,"eventSourceARN":`)
		b.Write(arn)
		b.WriteByte('}')
	}
	b.WriteString(`]}`)
	return b.Bytes()
}
