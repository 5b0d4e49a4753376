export default "hello"
