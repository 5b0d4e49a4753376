import { isOdd } from "./odd.js"
onmessage = ({ data }) => postMessage(isOdd(data))
