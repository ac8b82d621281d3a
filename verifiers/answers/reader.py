"""Tokens to a tree: recursive descent over expressions; ``parts`` and ``commands`` know what stands around and in them."""

from fractions import Fraction

from verifiers.answers import commands, parts
from verifiers.answers.lexer import Tok
from verifiers.answers.nodes import Node, Unread, num

MAX_NESTING = 60
_CLOSING = {"(": ")]", "[": ")]", "{": "}", r"\{": r"\}", r"\langle": r"\rangle", r"\lfloor": r"\rfloor"}
_CLOSING[r"\lceil"] = r"\rceil"


class Reader:
    """A cursor over tokens. Every method consumes what it reads; all raise ``Unread``."""

    def __init__(self, toks: list[Tok]) -> None:
        self.toks = toks
        self.at = 0
        self.nested = 0

    def peek(self, ahead: int = 0) -> Tok:
        """The token ahead, or one of kind END."""
        place = self.at + ahead
        return self.toks[place] if place < len(self.toks) else Tok("END", "")

    def take(self, *texts: str) -> Tok | None:
        """The next token if it is one of these texts."""
        if self.peek().text in texts and self.peek().kind != "WORD":
            self.at += 1
            return self.toks[self.at - 1]
        return None

    def need(self, text: str) -> None:
        if self.take(text) is None:
            raise Unread(f"expected {text}")

    # Sums and products ------------------------------------------------------------------------------------------

    def union(self) -> Node:
        """Sets joined by \\cup, \\cap, \\setminus; most often just a sum."""
        left = self.sum()
        while self.peek().kind == "SET":
            op = self.toks[self.at].text.lstrip("\\").replace("backslash", "setminus")
            self.at += 1
            left = Node(op, (left, self.sum()))
        return left

    def sum(self) -> Node:
        self.nested += 1
        if self.nested > MAX_NESTING:
            raise Unread("nested too deep")
        left = self.product(self._sign())
        while self.peek().text in ("+", "-") or self.peek().kind == "PM":
            sign = self._sign()
            both = sign in ("pm", "mp")
            left = Node(sign if both else "add", (left, self.product("+" if both else sign)))
        self.nested -= 1
        return left

    def _sign(self) -> str:
        """The signs before a product as one: + - pm mp."""
        sign = "+"
        while self.peek().text in ("+", "-") or self.peek().kind == "PM":
            tok = self.toks[self.at]
            self.at += 1
            if tok.kind == "PM":
                sign = "mp" if tok.text == r"\mp" else "pm"
            elif tok.text == "-":
                sign = {"+": "-", "-": "+"}.get(sign, sign)
        return sign

    def product(self, sign: str) -> Node:
        left = self._mixed() or self.power()
        while True:
            if self.take(r"\times", r"\cdot", "*"):
                left = Node("mul", (left, self._signed_power()))
            elif self.take(r"\div", "/"):
                left = Node("div", (left, self._signed_power()))
                if left.args[1].op == "num" and self.peek().kind == "SYM" and not self.peek().spaced:
                    raise Unread("a / b c has two readings")
            elif self.take("mod"):
                left, sign = Node("neg", (left,)) if sign == "-" else left, "+" if sign == "-" else sign
                left = Node("fn", (left, self._signed_power()), "mod")
            elif self._starts_factor(left):
                left = Node("mul", (left, self.power()))
            else:
                break
        if sign in ("pm", "mp"):
            return Node(sign, (num(0), left))
        return Node("neg", (left,)) if sign == "-" else left

    def _signed_power(self) -> Node:
        negative = False
        while tok := self.take("-", "+"):
            negative ^= tok.text == "-"
        power = self.power()
        return Node("neg", (power,)) if negative else power

    def _mixed(self) -> Node | None:
        """``3 1/2`` or ``3\\frac{1}{2}``: a whole number directly before a fraction of whole numbers is added."""
        tok = self.peek()
        if tok.kind == "MIXED":
            self.at += 1
            whole, upper, lower = (int(part) for part in tok.text.replace("/", " ").split())
            if not lower:
                raise Unread("division by zero")
            return self.postfix(num(whole + Fraction(upper, lower)))
        if tok.kind == "NUM" and tok.text.isdigit() and self.peek(1) == Tok("COMMAND", "frac", self.peek(1).spaced):
            start = self.at
            self.at += 1
            part = self.power()
            upper_lower = part.args if part.op == "div" else ()
            if upper_lower and all(arg.op == "num" for arg in upper_lower) and upper_lower[1].number:
                return Node("add", (num(int(tok.text)), part))
            self.at = start
        return None

    def _starts_factor(self, left: Node) -> bool:
        tok = self.peek()
        if tok.kind == "NUM":
            return left.op not in ("num", "div") and not tok.spaced
        if tok.kind == "COMMAND":
            return tok.text not in ("ldots", "dots", "cdots", "degrees", "to", "rightarrow", "implies", "end", "text")
        return tok.kind in ("SYM", "FUNC", "CONST") or (tok.kind == "OPEN" and tok.text != r"\{") or tok.text == "\\|"

    # Powers and atoms -------------------------------------------------------------------------------------------

    def power(self) -> Node:
        base = self.postfix(self.atom())
        if self.take("^", "**"):
            base = self.postfix(Node("pow", (base, self.exponent())))
            if self.peek().text in ("^", "**"):
                raise Unread("double exponent")
        return base

    def exponent(self) -> Node:
        self.nested += 1
        if self.nested > MAX_NESTING:
            raise Unread("nested too deep")
        if self.take("-"):
            exponent = Node("neg", (self.exponent(),))
        else:
            base = self.postfix(self.atom())
            exponent = Node("pow", (base, self.exponent())) if self.take("^", "**") else base
        self.nested -= 1
        return exponent

    def first_digit(self) -> Node:
        """``\\frac12``: an argument without braces is one digit; the rest stays."""
        tok = self.toks[self.at]
        head, rest = tok.text[0], tok.text[1:]
        if not head.isdigit() or not rest.isdigit():
            self.at += 1 if not rest else 0
            if rest:
                raise Unread("argument without braces")
            return self._number(tok.text)
        self.toks[self.at] = Tok("NUM", rest, False)
        return self._number(head)

    def postfix(self, node: Node) -> Node:
        while tok := self.take("!", "%", r"\%", "degrees", "'"):
            if tok.text == "!":
                if self.peek().text == "!":
                    raise Unread("double factorial")
                node = Node("fact", (node,))
            elif tok.text == "degrees":
                node = Node("unit", (node,), "degree")
            elif tok.text == "'":
                node = Node("sym", (), self._name(node) + "'")
            else:
                node = Node("percent", (node,))
        return node

    def _name(self, node: Node) -> str:
        if node.op != "sym":
            raise Unread("prime")
        return node.name

    def atom(self) -> Node:
        tok = self.peek()
        self.at += 1
        match tok.kind:
            case "NUM":
                return self._based(tok)
            case "SYM":
                return self.subscripted(tok.text)
            case "CONST":
                return Node("const", (), tok.text)
            case "FUNC":
                return commands.function(self, tok.text)
            case "COMMAND":
                return commands.read(self, tok.text)
            case "TEX_ENV":
                return commands.matrix(self, tok.text)
            case "OPEN":
                return self._group(tok.text)
        if tok.text == "|":
            inner = self.sum()
            self.need("|")
            return Node("fn", (inner,), "abs")
        self.at -= 1
        raise Unread(f"unexpected {tok.text or 'end'}")

    @staticmethod
    def _number(text: str) -> Node:
        if "e" in text.lower() and abs(int(text.lower().partition("e")[2])) > 1000:
            raise Unread("huge exponent")
        return num(Fraction(text), text if "." in text else "")

    def _based(self, tok: Tok) -> Node:
        """A number, perhaps with a base as subscript (``1010_2``) or a repeating part (``0.\\overline{3}``)."""
        if self.peek() == Tok("COMMAND", "overline") and "." in tok.text:
            self.at += 1
            self.need("{")
            period = self.atom_text()
            self.need("}")
            whole = Fraction(tok.text + "0")
            places = len(tok.text.partition(".")[2])
            return num(whole + Fraction(int(period), (10 ** len(period) - 1) * 10**places))
        if self.peek().text != "_":
            return self._number(tok.text)
        self.at += 1
        braced = self.take("{")
        base = self.atom_text()
        if braced:
            self.need("}")
        if not 2 <= int(base) <= 10 or not tok.text.isdigit() or any(int(d) >= int(base) for d in tok.text):
            raise Unread("base")
        return Node("base", (num(int(tok.text, int(base))),), base)

    def atom_text(self) -> str:
        """A run of digits."""
        tok = self.peek()
        if tok.kind != "NUM" or not tok.text.isdigit() or len(tok.text) > 60:
            raise Unread("digits expected")
        self.at += 1
        return tok.text

    def subscripted(self, name: str) -> Node:
        """A symbol with its subscript, spelled the same with and without braces."""
        if self.take("_"):
            if self.take("{"):
                level, parts = 1, []
                while level and self.peek().kind != "END":
                    tok = self.toks[self.at]
                    self.at += 1
                    level += (tok.text == "{") - (tok.text == "}")
                    parts.append(tok.text)
                name += "_" + "".join(parts[:-1])
            else:
                name += "_" + self.peek().text
                self.at += 1
        return Node("sym", (), name)

    # Brackets ---------------------------------------------------------------------------------------------------

    def _group(self, opening: str) -> Node:
        """A parenthesis, or a tuple, interval, vector or set where commas or semicolons separate."""
        if opening in (r"\{", "[", r"\langle") and self.peek().text in (r"\}", "]"):
            self.at += 1
            return Node("list", (), "{}") if opening == r"\{" else Node("list", (), "[]")
        items = [parts.part(self)]
        while self.peek().kind == "COMMA":
            self.at += 1
            items.append(parts.part(self))
        closing = self.peek()
        if closing.kind != "CLOSE" or closing.text not in _CLOSING[opening]:
            raise Unread(f"bracket {opening}")
        self.at += 1
        if opening in (r"\lfloor", r"\lceil"):
            return Node("fn", tuple(items), "floor" if opening == r"\lfloor" else "ceil")
        kind = {r"\{": "{}", "{": "{}", r"\langle": "()"}.get(opening, opening + closing.text)
        if len(items) == 1 and opening in ("(", "{", "[") and kind in ("()", "{}", "[]"):
            return items[0]
        return Node("list", tuple(items), kind)
