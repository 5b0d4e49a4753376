// What opens and closes, and what each leaves behind.
extension JavaScriptContext {
    mutating func open(_ kind: Frame.Kind, exit: Expected, expecting next: Expected) {
        outer.append(top)
        top = Frame(kind: kind, exit: exit)
        expected = next
    }

    mutating func openParenthesis() {
        if let exit = functionExit {
            open(.parameters, exit: exit, expecting: .operand)
        } else if let header {
            open(header, exit: .statement, expecting: .operand)
        } else {
            open(.parenthesis, exit: .operation, expecting: .operand)
        }
        functionExit = nil
        header = nil
    }

    mutating func openBrace(body: Expected?, _ token: JavaScriptToken) {
        if let body {
            open(.block, exit: body, expecting: .statement)
            return
        }
        switch expected {
        case .operation where top.classes > 0:
            top.classes -= 1
            let exit = top.classes == 0 ? top.classExit : .operation
            open(.classBody, exit: exit, expecting: .member)
        case .operation, .member:
            open(.block, exit: isInMembers ? .member : .statement, expecting: .statement)
        case .statement:
            if lastWord == .exporting {
                open(.object, exit: .statement, expecting: .member)
            } else {
                open(.block, exit: .statement, expecting: .statement)
            }
        case .operand where lastWord == .returning && token.followsNewline:
            open(.block, exit: .statement, expecting: .statement)
        case .operand, .property:
            open(.object, exit: .operation, expecting: .member)
        }
    }

    mutating func closeBrace() -> Bool {
        switch top.kind {
        case .block, .object, .classBody: return close(top.kind)
        default: return close(.block)
        }
    }

    mutating func closeParenthesis() -> Bool {
        switch top.kind {
        case .parameters:
            let exit = top.exit
            top.exit = .operation
            defer { bodyExit = exit }
            return close(.parameters)
        case .header, .forHeader: return close(top.kind)
        default: return close(.parenthesis)
        }
    }

    mutating func close(_ kind: Frame.Kind) -> Bool {
        functionExit = nil
        header = nil
        guard top.kind == kind, let around = outer.popLast() else {
            expected = .operation
            return false
        }
        expected = top.exit
        top = around
        return true
    }

    /// After the `}` of a substitution: the template literal goes on.
    mutating func endSubstitution() {
        _ = close(.substitution)
    }
}
