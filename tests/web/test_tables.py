"""Each cell says under which header it stands, for when the header is out of sight."""

from markupsafe import Markup

from portal.web.tables import labelled

HEADERS = ["Name", ("Rows", "number"), 'Said "so"']


def test_every_cell_names_its_header_but_the_one_that_heads_the_row() -> None:
    row = Markup('<tr><th scope="row">maple</th><td class="number">3</td><td><b>x</b></td></tr>')
    assert labelled(row * 2, HEADERS) == 2 * (
        '<tr><th scope="row">maple</th><td class="number" data-label="Rows">3</td>'
        '<td data-label="Said &#34;so&#34;"><b>x</b></td></tr>'
    )


def test_an_empty_cell_says_so_and_more_cells_than_headers_stand() -> None:
    row = Markup("<tr><td> </td><td>1</td><td>2</td><td>3</td></tr>")
    assert labelled(row, HEADERS) == (
        '<tr><td data-blank> </td><td data-label="Rows">1</td>'
        '<td data-label="Said &#34;so&#34;">2</td><td>3</td></tr>'
    )


def test_what_people_wrote_is_no_cell() -> None:
    row = Markup("<tr><td>{}</td></tr>").format("<td>")
    assert labelled(row, HEADERS) == '<tr><td data-label="Name">&lt;td&gt;</td></tr>'
