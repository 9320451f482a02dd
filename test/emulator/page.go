package main

import (
	"fmt"
	"os"
	"regexp"
	"strings"
)

// page is a page of the documentation whose commands are run.
type page struct {
	file   string
	blocks map[string][]string // indented blocks, by heading
	rows   []string            // the rows of tables
}

func readPage(file string) (*page, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	p := &page{file: file, blocks: map[string][]string{}}
	var heading string
	var block []string
	flush := func() {
		if len(block) > 0 {
			p.blocks[heading] = append(p.blocks[heading], strings.Join(block, "\n"))
		}
		block = nil
	}
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSuffix(line, "\n")
		if command, is := strings.CutPrefix(line, "    "); is {
			block = append(block, command)
			continue
		}
		flush()
		if strings.HasPrefix(line, "| ") {
			p.rows = append(p.rows, line)
		}
		if title, is := strings.CutPrefix(line, "## "); is {
			heading = title
		}
	}
	flush()
	return p, nil
}

// take returns the next block below a heading, with the page's placeholders filled in. Blocks that no step takes are an
// error at the end: see untaken.
func (p *page) take(heading string, values map[string]string) (string, error) {
	left := p.blocks[heading]
	if len(left) == 0 {
		return "", fmt.Errorf("%s has no more commands below %q", p.file, heading)
	}
	block := left[0]
	if p.blocks[heading] = left[1:]; len(left) == 1 {
		delete(p.blocks, heading)
	}
	for name, value := range values {
		block = regexp.MustCompile(`\b`+name+`\b`).ReplaceAllLiteralString(block, value)
	}
	return block, nil
}

// untaken returns an error that shows commands that no step ran, nil if there are none.
func (p *page) untaken() error {
	for heading, blocks := range p.blocks {
		return fmt.Errorf("no step runs these commands of %s, below %q:\n%s", p.file, heading, blocks[0])
	}
	return nil
}

// kept lists the resources that outlive a stack: their kind, a part of their name, and the row of the page's table that
// says how to delete them.
var kept = []struct{ kind, part, row string }{
	{"table ", "-EventsTable-", "`EventsTable`"},
	{"table ", "-KeysTable-", "`KeysTable`"},
	{"user pool ", "", "`UserPool`"},
	{"bucket ", "projectorfailures", "`ProjectorFailures`"},
	{"bucket ", "reactorfailures", "`ReactorFailures`"},
}

// deletion returns the page's commands that delete a remaining resource.
func (p *page) deletion(remains string) (string, error) {
	for _, k := range kept {
		name, is := strings.CutPrefix(remains, k.kind)
		if !is || !strings.Contains(name, k.part) {
			continue
		}
		for _, row := range p.rows {
			cells := strings.Split(row, " | ")
			if !strings.Contains(cells[0], k.row) {
				continue
			}
			commands := code.FindAllStringSubmatch(cells[len(cells)-1], -1)
			var lines []string
			for _, command := range commands {
				lines = append(lines, strings.NewReplacer(
					" ARN", " arn:aws:dynamodb:"+region+":000000000000:table/"+name, " NAME", " "+name, "//NAME", "//"+name,
					" ID", " "+name,
				).Replace(command[1]))
			}
			return strings.Join(lines, "\n"), nil
		}
	}
	return "", fmt.Errorf("%s remains, and %s does not say how to delete it", remains, p.file)
}

var code = regexp.MustCompile("`([^`]+)`")
